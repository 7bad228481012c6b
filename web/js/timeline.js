/* The rewind window under the picture: where one stands in it, and the way to another place. */
(function () {
  'use strict';
  var EDGE = 2;                               /* seconds from the end that count as live */
  var OLD = 30000;                            /* a window that was asked for is good for so long, ms */
  var LEAST = 8;                              /* seconds; a shorter window is no use */

  /* player: span() of the window in seconds where the way of playing knows it, latency(), seek(by), golive(). */
  function Timeline(box, folder, player) {
    var slider = box.querySelector('.seek'), controls = box.querySelector('.controls');
    var asked = 0, known = 0, held = false;

    function clock(seconds) { var s = Math.round(seconds); return Math.floor(s / 60) + ':' + ('0' + s % 60).slice(-2); }

    /* The instant stream has only now: how far back the box can go stands in the list of segments. */
    function ask() {
      if (Date.now() - asked < OLD) return;
      asked = Date.now();
      fetch(folder + 'media.m3u8?plain=1').then(function (answer) { if (!answer.ok) throw answer; return answer.text(); }).then(function (list) {
        known = 0;
        list.split('#EXTINF:').slice(1).forEach(function (entry) { if (!/#EXT-X-GAP/.test(entry)) known += parseFloat(entry) || 0; });
      }, function () {});
    }

    function span() {
      var own = player.span();
      if (own > 0) return own;
      if (!controls.hidden && !box.classList.contains('idle')) ask();
      return known;
    }

    /* behind: the picture is not as near to live as its way of playing allows. */
    function paint(behind) {
      var seconds = span(), back = behind ? Math.min(seconds, player.latency()) : 0;
      slider.hidden = 'preview' in box.dataset || !(seconds > LEAST);
      if (slider.hidden || held) return;
      slider.min = -Math.round(seconds);
      slider.value = back > EDGE ? -back : 0;
      said();
    }

    function said() {
      var back = -slider.value, share = -slider.min ? 100 * (1 - back / -slider.min) : 100;
      slider.style.setProperty('--at', share.toFixed(1) + '%');
      slider.setAttribute('aria-valuetext', back > EDGE ? box.dataset.behind.replace('{time}', clock(back)) : box.dataset.live);
    }

    slider.addEventListener('input', function () { held = true; said(); });
    slider.addEventListener('change', function () {
      var back = -slider.value;
      held = false;
      if (back <= EDGE) player.golive(); else player.seek(player.latency() - back);
    });
    ['pointercancel', 'blur'].forEach(function (event) { slider.addEventListener(event, function () { held = false; }); });

    return { paint: paint };
  }

  window.HearthTimeline = Timeline;
}());

/* What only some browsers have: picture in picture, AirPlay; and the word on the button for the full screen. */
(function () {
  'use strict';
  var CHOOSE = 30000;                         /* ms in which another screen must have been chosen */

  function Extras(box, ladder, restart) {
    var video = box.querySelector('video'), full = box.querySelector('[data-act="full"]');
    var pip = box.querySelector('[data-act="pip"]'), airplay = box.querySelector('[data-act="airplay"]');
    var preview = 'preview' in box.dataset, timer;

    pip.hidden = preview || !(document.pictureInPictureEnabled && video.requestPictureInPicture);
    airplay.hidden = preview || !(video.webkitShowPlaybackTargetPicker && window.HearthNative.isSupported(video));

    box.classList.toggle('with-extras', !pip.hidden || !airplay.hidden);

    function small() { pip.setAttribute('aria-pressed', document.pictureInPictureElement === video); }
    ['enterpictureinpicture', 'leavepictureinpicture'].forEach(function (event) { video.addEventListener(event, small); });

    document.addEventListener('fullscreenchange', function () {
      full.setAttribute('aria-label', document.fullscreenElement === box ? full.dataset.on : full.dataset.off);
    });

    /* Back to the best way here once the other screen is no more, or was not chosen. */
    function home() {
      clearTimeout(timer);
      if (!video.webkitCurrentPlaybackTargetIsWireless) ladder.cast(false);
    }
    video.addEventListener('webkitcurrentplaybacktargetiswirelesschanged', home);

    return {
      pip: function () {
        if (document.pictureInPictureElement) document.exitPictureInPicture().catch(function () {});
        else video.requestPictureInPicture().catch(function () {});
      },
      airplay: function () {
        ladder.cast(true);
        if (ladder.now() !== 'native') restart();
        video.disableRemotePlayback = false;
        video.webkitShowPlaybackTargetPicker();
        clearTimeout(timer);
        timer = setTimeout(home, CHOOSE);
      }
    };
  }

  window.HearthExtras = Extras;
}());

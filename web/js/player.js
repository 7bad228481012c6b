/*
 * The player. It starts by itself, gets over what goes wrong by itself, and says plainly where things stand.
 *
 * Two sources drive it: the box says what the channel does (live, grace, off), the media say what can be seen.
 * States: starting, live, reconnecting, off, gone (the box does not answer), error (this browser cannot play it).
 * The section and its video carry the state as data-state; the section also data-muted, data-behind.
 */
(function () {
  'use strict';
  var ASK_LIVE = 5000, ASK_WAITING = 2000;    /* how often the box is asked, ms */
  var WATCH = 1000;                           /* how often progress is looked at, ms */
  var STUCK_SEEK = 4, STUCK_RENEW = 7;        /* seconds without progress before jumping to live, before a new start */
  var IDLE = 3000;                            /* controls hide after, ms */
  var BEHIND = 12;                            /* seconds behind that are worth saying */
  var FAULTS_MAX = 4;                         /* pictures that could not be decoded, one after the other, before giving up */
  var HLS = {
    enableWorker: false, lowLatencyMode: false,
    liveSyncDuration: 3.7, liveMaxLatencyDuration: 30, maxLiveSyncPlaybackRate: 1.1,
    backBufferLength: 20, maxBufferLength: 20, maxMaxBufferLength: 30
  };
  var KEYS = { 8: 'back', 27: 'back', 166: 'back', 461: 'back', 10009: 'back', 13: 'ok', 32: 'play', 75: 'play', 179: 'play', 415: 'resume', 19: 'pause',
    77: 'mute', 70: 'full', 37: 'left', 39: 'right', 38: 'up', 40: 'down' };

  function Player(box) {
    var video = box.querySelector('video'), controls = box.querySelector('.controls');
    var name = box.dataset.name, preview = 'preview' in box.dataset, source = '/live/' + name + '/index.m3u8';
    var hls = null, attached = false, channel = null, failures = 0;
    var renewals = 0, renewTimer, askTimer, idleTimer;
    var lastTime = -1, lastMove = 0, stuckFrom = 0, faults = 0, wantsPlay = true, seen = false, ever = false;
    var still = box.querySelector('canvas');
    var instant = null, rewindBy = 0, modes = new window.HearthModes(box, video, { changed: restart, latency: measured });

    function find(act) { return box.querySelector('[data-act="' + act + '"]'); }
    function when(key, on) { var it = box.querySelector('[data-when="' + key + '"]'); if (it) it.hidden = !on; }
    function moving() { return Date.now() - lastMove < 1500; }

    /* What is seen. */

    function state(name) {
      if (box.dataset.state === name) return;
      box.dataset.state = video.dataset.state = name;
      Array.prototype.forEach.call(box.querySelectorAll('[data-over]'), function (over) { over.hidden = over.dataset.over !== name; });
      controls.hidden = name !== 'live' && name !== 'reconnecting';
      paint();
    }

    function paint() {
      var paused = video.paused, silent = video.muted || video.volume === 0, lag = latency();
      when('playing', !paused); when('paused', paused);
      when('loud', !silent); when('quiet', silent);
      find('play').setAttribute('aria-label', paused ? box.dataset.play : box.dataset.pause);
      find('mute').setAttribute('aria-label', silent ? box.dataset.soundOn : box.dataset.soundOff);
      box.dataset.muted = silent;
      find('unmute').hidden = preview || !(video.muted && autoMuted && box.dataset.state === 'live');
      var behind = lag > BEHIND, text = behind ? box.dataset.behind.replace('{time}', clock(lag)) : box.dataset.live;
      var live = find('golive'), word = live.querySelector('.golive-word');
      live.classList.toggle('behind', behind);
      if (word.textContent !== text) word.textContent = text;
      live.setAttribute('aria-label', behind ? box.dataset.goLive + ': ' + text : box.dataset.goLive);
      box.dataset.behind_s = Math.round(lag);
    }

    function clock(seconds) { var s = Math.round(seconds); return Math.floor(s / 60) + ':' + ('0' + s % 60).slice(-2); }

    /* Seconds behind the newest picture that could be played. */
    function latency() {
      if (instant) return instant.latency();
      if (hls) return Math.max(0, hls.latency || 0);
      var end = video.seekable.length ? video.seekable.end(video.seekable.length - 1) : 0;
      return isFinite(end) ? Math.max(0, end - video.currentTime) : 0;
    }

    /* Seconds behind life, as far as this way of playing knows it. */
    function measured() {
      var shown = hls && hls.playingDate;
      return shown ? window.HearthModes.since(+shown) : latency();
    }

    function about() {
      var since = document.getElementById('since'), count = document.getElementById('count');
      if (preview || !since || !channel) return;
      var live = channel.phase === 'live';
      since.hidden = count.hidden = !live;
      if (!live) return;
      var minutes = Math.floor(channel.live_for_s / 60);
      var time = minutes < 60 ? box.dataset.minutes.replace('{m}', minutes)
        : box.dataset.hours.replace('{h}', Math.floor(minutes / 60)).replace('{m}', minutes % 60);
      since.textContent = box.dataset.liveFor.replace('{time}', time);
      count.querySelector('.viewers').textContent = channel.viewers;
    }

    /* The state follows from what the box said last and from whether the picture moves. */
    function judge() {
      if (box.dataset.state === 'error' && !(channel && channel.phase === 'off')) return;
      if (failures > 1 && !moving()) return state('gone');
      if (!channel) return;
      if (channel.phase === 'off') { if (!attached || !moving()) { detach(); renewals = 0; ever = false; state('off'); } return; }
      if (moving() || (seen && video.paused && !wantsPlay)) return state('live');
      if (channel.phase === 'grace') return state('reconnecting');
      if (!seen || !channel.playable || Date.now() - lastMove > 3000) state(ever ? 'reconnecting' : 'starting');
    }

    /* The box. */

    function ask() {
      clearTimeout(askTimer);
      if (document.hidden && box.dataset.state === 'live') { askTimer = setTimeout(ask, ASK_LIVE); return; }
      fetch('/api/v1/channels/' + name, { headers: { Accept: 'application/json' } })
        .then(function (answer) { if (!answer.ok) throw answer; return answer.json(); })
        .then(function (answer) {
          if (answer.phase === 'live' && (failures || !channel || channel.phase !== 'live')) stuckFrom = Date.now();
          failures = 0;
          channel = answer;
          about();
          var may = channel.phase === 'grace' || (channel.phase === 'live' && (channel.playable || modes.choose() === 'instant'));
          if (may && !attached && box.dataset.state !== 'error') attach();
        })
        .catch(function () { failures += 1; })
        .then(function () {
          judge();
          clearTimeout(askTimer);
          askTimer = setTimeout(ask, box.dataset.state === 'live' ? ASK_LIVE : ASK_WAITING);
        });
    }

    /* The media. */

    function attach() {
      attached = true;
      seen = false;
      lastTime = -1;
      stuckFrom = Date.now();
      var way = modes.choose();
      modes.use(way);
      if (way === 'instant') attachInstant();
      else if (way === 'hls') attachHls();
      else if (way) { video.src = source; start(); }
      else { attached = false; state('error'); }
    }

    function attachInstant() {
      instant = new window.HearthInstant(video, '/live/' + name + '/stream.mp4', {
        ready: start, off: over,
        failed: function () { modes.failed('instant'); restart(); }
      });
    }

    /* The same picture another way, at once. */
    function restart() {
      if (box.dataset.state === 'error') return acts.retry();
      if (!attached) return;
      detach();
      if (channel && channel.phase !== 'off' && (channel.playable || modes.choose() === 'instant')) attach(); else ask();
    }

    function attachHls() {
      hls = new window.Hls(HLS);
      hls.on(window.Hls.Events.ERROR, function (_, error) { if (error.fatal) recover(error); });
      hls.on(window.Hls.Events.MANIFEST_PARSED, start);
      hls.once(window.Hls.Events.FRAG_BUFFERED, function () { var by = rewindBy; rewindBy = 0; if (by) setTimeout(seek, 0, by); });
      hls.on(window.Hls.Events.LEVEL_UPDATED, function (_, level) { if (!level.details.live) over(); });
      hls.loadSource(source);
      hls.attachMedia(video);
    }

    /* The list has ended: the box is asked, and what is buffered is played out. */
    function over() { if (!channel || channel.phase !== 'off') ask(); }

    function detach() {
      clearTimeout(renewTimer);
      keepPicture();
      if (instant) { instant.destroy(); instant = null; }
      if (hls) { hls.destroy(); hls = null; }
      if (attached) { video.removeAttribute('src'); video.load(); }
      attached = seen = false;
    }

    /* The last picture stays under the words. */
    function keepPicture() {
      if (!seen || !video.videoWidth) return;
      still.width = Math.min(640, video.videoWidth);
      still.height = still.width * video.videoHeight / video.videoWidth;
      still.getContext('2d').drawImage(video, 0, 0, still.width, still.height);
      still.hidden = false;
    }

    function recover(error) {
      var kind = window.Hls.ErrorTypes;
      if (error.details === 'manifestIncompatibleCodecsError' || error.details === 'bufferAddCodecError') return giveUp();
      if (error.type === kind.MEDIA_ERROR) {
        faults += 1;
        if (faults > FAULTS_MAX) return giveUp();
        if (faults === 1) return hls.recoverMediaError();
      }
      renew();
    }

    /* A new start, later each time; a picture in between makes it quick again. */
    function renew() {
      if (instant && renewals) modes.failed('instant');
      detach();
      var wait = Math.min(8000, 500 * Math.pow(2, renewals++));
      attached = true;                          /* until the timer, so that the next answer does not start a second one */
      renewTimer = setTimeout(function () { attached = false; ask(); }, wait);
      judge();
    }

    function giveUp() {
      modes.failed(modes.now());
      detach();
      if (modes.choose()) attach(); else state('error');
    }

    /* Starts with sound where the browser allows it, else silent with a button for sound. */
    var autoMuted = preview;
    function start() {
      if (!wantsPlay) return;
      if (preview) video.muted = true;
      var played = video.play();
      if (played) played.catch(function (why) {
        if (why.name !== 'NotAllowedError' || video.muted) return paint();
        video.muted = autoMuted = true;
        video.play().catch(function () { wantsPlay = false; paint(); });
      });
    }

    function watch() {
      var now = Date.now();
      if (video.currentTime !== lastTime && video.readyState > 2) {
        if (lastTime >= 0) { lastMove = stuckFrom = now; seen = ever = still.hidden = true; renewals = faults = 0; }
        lastTime = video.currentTime;
      }
      var stuck = (now - stuckFrom) / 1000, live = channel && channel.phase === 'live';
      if (attached && wantsPlay && live && !failures && !document.hidden) {
        if (video.paused && seen) start();
        if (hls && stuck > STUCK_SEEK && hls.liveSyncPosition > video.currentTime + 1) video.currentTime = hls.liveSyncPosition;
        if (stuck > STUCK_RENEW) renew();
      }
      judge();
      paint();
    }

    /* Hands. */

    var acts = {
      play: function () { if (video.paused) acts.resume(); else acts.pause(); },
      resume: function () { wantsPlay = true; if (latency() > 30) acts.golive(); video.play().catch(function () {}); },
      pause: function () { wantsPlay = false; video.pause(); },
      mute: function () { autoMuted = false; video.muted = !video.muted; if (!video.muted && video.volume === 0) video.volume = 1; },
      unmute: function () { autoMuted = false; video.muted = false; video.play().catch(function () {}); find('mute').focus(); },
      menu: function () { modes.menu(); },
      golive: function () {
        if (modes.isRewound()) { modes.rewind(false); wantsPlay = true; return restart(); }
        if (instant) { wantsPlay = true; instant.live(); video.play().catch(function () {}); return; }
        var end = video.seekable.length ? video.seekable.end(video.seekable.length - 1) - 3 : 0;
        video.currentTime = hls && hls.liveSyncPosition ? hls.liveSyncPosition : Math.max(0, end);
        if (video.paused) { wantsPlay = true; video.play().catch(function () {}); }
      },
      full: function () {
        if (document.fullscreenElement) document.exitFullscreen();
        else if (box.requestFullscreen) box.requestFullscreen().catch(function () {});
        else if (video.webkitEnterFullscreen) video.webkitEnterFullscreen();
      },
      retry: function () { modes.forgive(); renewals = faults = 0; box.dataset.state = ''; state('starting'); ask(); },
      left: function () { seek(-10); }, right: function () { seek(10); },
      up: function () { volume(.1); }, down: function () { volume(-.1); },
      ok: function () { wake(); find('play').focus(); },
      back: function () { if (document.fullscreenElement) document.exitFullscreen(); else location.href = '/'; }
    };

    function seek(by) {
      if (instant) {
        if (by > 0 || !channel || !channel.playable) return;
        rewindBy = by;
        modes.rewind(true);
        return restart();
      }
      var ranges = video.seekable;
      if (!ranges.length) return;
      video.currentTime = Math.min(ranges.end(ranges.length - 1) - 3, Math.max(ranges.start(0) + 1, video.currentTime + by));
    }

    function volume(by) { video.volume = Math.min(1, Math.max(0, video.volume + by)); if (by > 0) video.muted = false; }

    function wake() {
      box.classList.remove('idle');
      clearTimeout(idleTimer);
      idleTimer = setTimeout(function () {
        if (!video.paused && box.dataset.state === 'live' && !controls.contains(document.activeElement) && !modes.isOpen()) box.classList.add('idle');
      }, IDLE);
    }

    box.addEventListener('click', function (event) {
      var button = event.target.closest('[data-act]');
      if (button) acts[button.dataset.act]();
      else if (event.target === video && matchMedia('(hover: hover)').matches) acts.play();
      wake();
      paint();
    });
    box.addEventListener('dblclick', function (event) { if (event.target === video) acts.full(); });
    ['pointermove', 'pointerdown', 'focusin'].forEach(function (event) { box.addEventListener(event, wake); });
    ['play', 'pause', 'volumechange', 'playing'].forEach(function (event) { video.addEventListener(event, paint); });
    video.addEventListener('volumechange', function () { box.querySelector('.volume').value = video.muted ? 0 : video.volume * 100; });
    video.addEventListener('ended', function () { over(); lastMove = 0; judge(); });
    video.addEventListener('error', function () { if (!hls && !instant && attached && video.getAttribute('src')) renew(); });
    box.querySelector('.volume').addEventListener('input', function () { autoMuted = false; video.muted = false; video.volume = this.value / 100; });

    if (!preview) document.addEventListener('keydown', function (event) {
      var at = document.activeElement, act = KEYS[event.keyCode];
      if (!act || event.ctrlKey || event.metaKey || event.altKey || /INPUT|TEXTAREA|SELECT/.test(at.tagName)) return;
      var onLink = at !== document.body && at !== video && /A|BUTTON|SUMMARY/.test(at.tagName);
      if (onLink && (act === 'ok' || event.keyCode === 32)) return;
      if (act === 'back' && event.keyCode === 27 && !document.fullscreenElement) return;
      if (onLink && controls.contains(at) && (act === 'left' || act === 'right')) {
        var all = Array.prototype.filter.call(controls.querySelectorAll('button, input'), function (it) { return it.offsetWidth; });
        var to = all[all.indexOf(at) + (act === 'left' ? -1 : 1)];
        if (to) to.focus();
      } else if (onLink && (act === 'up' || act === 'down')) return;
      else acts[act]();
      event.preventDefault();
      wake();
      paint();
    });

    document.addEventListener('visibilitychange', function () { stuckFrom = Date.now(); if (!document.hidden) ask(); });
    window.addEventListener('pagehide', detach);
    window.addEventListener('pageshow', function (event) { if (event.persisted) ask(); });
    setInterval(watch, WATCH);
    paint();
    ask();
  }

  Array.prototype.forEach.call(document.querySelectorAll('[data-player]'), Player);
}());

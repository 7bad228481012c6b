/*
 * The player. It starts by itself, gets over what goes wrong by itself, and says plainly where things stand.
 *
 * Two sources drive it: the box says what the channel does (live, grace, off), the media say what can be seen.
 * States: starting, live, reconnecting, off, full (the box has no place), gone (the box does not answer), error (this browser can't play it).
 * The section and its video carry the state as data-state; the section also data-way, data-muted, data-behind_s.
 */
(function () {
  'use strict';
  var ASK_LIVE = 5000, ASK_WAITING = 2000;    /* how often the box is asked, ms */
  var ASK_MOST = 3000;                        /* ms that an answer may take */
  var WATCH = 250;                            /* how often progress is looked at, ms */
  var STUCK_ASK = 700, STUCK_BLAME = 1400, STUCK_FIRST = 1700;    /* ms without progress before the box is asked, before the way is to blame */
  var STUCK_RENEW = 7000;                     /* ms without progress before a new start */
  var YOUNG = 6;                              /* seconds for which a stream may have no whole segment yet */
  var SILENT = 1000;                          /* ms without media at the box: no way can do better */
  var FULL = 2, FULL_MOST = 30;               /* seconds until a full box is asked again, where it doesn't say and at most */
  var FULL_MORE = 1500;                       /* ms that its answer may take */
  var BEHIND = 12;                            /* seconds behind that are worth saying */
  var OWN = 500;                              /* ms around leaving the page or the full screen in which browsers pause by themselves */
  var PAUSED = 700;                           /* ms: a longer pause is a wish to go on from there; two clicks for the full screen are none */

  function Player(box) {
    var video = box.querySelector('video'), controls = box.querySelector('.controls'), still = box.querySelector('canvas');
    var name = box.dataset.name, preview = 'preview' in box.dataset, folder = box.dataset.base || '/live/' + name + '/';
    var channel = null, failures = 0, askedAt = 0, answeredAt = 0, askTimer;
    var way = null, waiting = false, renewals = 0, renewTimer, from = NaN;
    var lastTime = -1, lastMove = 0, stuckFrom = 0, pausedAt = 0, resting = false, restTimer, leftAt = 0, stoppedAt = 0, fullTill = 0, heard = 0, heardAt = 0, wantsPlay = true, seen = false, ever = false, early = 0;
    var ladder = new window.HearthLadder(video);
    var menu = new window.HearthMenu(box, ladder, { changed: restart, latency: measured });
    var timeline = new window.HearthTimeline(box, folder, {
      span: function () { return way && way.span ? way.span() : 0; },
      latency: latency, seek: seek, golive: function () { acts.golive(); }
    });

    function find(act) { return box.querySelector('[data-act="' + act + '"]'); }
    function when(key, on) { var it = box.querySelector('[data-when="' + key + '"]'); if (it) it.hidden = !on; }
    function moving() { return Date.now() - lastMove < 1500; }
    /* A box that has media and gives none. */
    function isFull() { return Date.now() < fullTill && !!channel && channel.playable; }
    function isAway() { return document.hidden && !document.pictureInPictureElement; }

    /* What is seen. */

    function state(name) {
      if (box.dataset.state === name) return;
      box.dataset.state = video.dataset.state = name;
      Array.prototype.forEach.call(box.querySelectorAll('[data-over]'), function (over) { over.hidden = over.dataset.over !== name; });
      box.querySelector('[data-said]').textContent = name === 'live' ? box.dataset.live : '';
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
      var behind = lag > BEHIND || (isRewound() && lag > 2), text = behind ? box.dataset.behind.replace('{time}', clock(lag)) : box.dataset.live;
      var live = find('golive'), word = live.querySelector('.golive-word');
      live.classList.toggle('behind', behind);
      if (word.textContent !== text) word.textContent = text;
      live.setAttribute('aria-label', behind ? box.dataset.goLive + ': ' + text : box.dataset.goLive);
      box.dataset.behind_s = Math.round(lag);
      timeline.paint(behind);
    }

    function clock(seconds) { var s = Math.round(seconds); return Math.floor(s / 60) + ':' + ('0' + s % 60).slice(-2); }

    function isRewound() { return ladder.isRewound() || (!!way && !!way.isRewound && way.isRewound()); }

    /* Seconds behind the newest picture that could be played. */
    function latency() {
      if (!way) return 0;
      return way.latency() + (way.seek || !pausedAt ? 0 : (Date.now() - pausedAt) / 1000);
    }

    /* Seconds behind life, as far as this way of playing knows it. */
    function measured() {
      if (!way || !seen) return NaN;
      var known = window.HearthLatency.since(way.date()) + early;
      return known >= 0 ? known : latency();
    }

    function about() {
      var since = document.getElementById('since'), count = document.getElementById('count');
      if (preview || !since || !channel) return;
      var live = channel.phase === 'live';
      since.hidden = count.hidden = !live;
      if (!live) return;
      var minutes = Math.max(1, Math.floor(channel.live_for_s / 60));
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
      if (channel.phase === 'off') return ended();
      if (moving() || (seen && video.paused && !wantsPlay)) return state('live');
      if (channel.phase === 'grace') return state('reconnecting');
      if (isFull()) return state('full');
      if (!seen || Date.now() - lastMove > 3000) state(ever ? 'reconnecting' : 'starting');
    }

    /* What is in hand is played out; the next stream is another, that every way may try. */
    function ended() {
      if (way && moving()) return;
      detach();
      renewals = 0;
      ever = false;
      ladder.forgive();
      state('off');
    }

    /* The box. */

    function ask() {
      clearTimeout(askTimer);
      if (isAway() && box.dataset.state === 'live') { askTimer = setTimeout(ask, ASK_LIVE); return; }
      var giveUp = window.AbortController ? new AbortController() : { abort: function () {} }, late = setTimeout(function () { giveUp.abort(); }, ASK_MOST);
      askedAt = Date.now();
      fetch('/api/v1/channels/' + name, { headers: { Accept: 'application/json' }, signal: giveUp.signal })
        .then(function (answer) {
          /* The channel is gone, or no longer for this visitor. */
          if (answer.status === 404) return { name: name, phase: 'off' };
          if (!answer.ok) throw answer;
          return answer.json();
        })
        .then(function (answer) { answeredAt = Date.now(); told(answer); })
        .catch(function () { failures += 1; })
        .then(function () {
          clearTimeout(late);
          judge();
          clearTimeout(askTimer);
          askTimer = setTimeout(ask, box.dataset.state === 'live' ? ASK_LIVE : ASK_WAITING);
        });
    }

    function told(answer) {
      if (answer.phase === 'live' && (failures || !channel || channel.phase !== 'live')) stuckFrom = Date.now();
      failures = 0;
      channel = answer;
      /* Media that come earlier than their dates say are as much further behind life. */
      if (answer.early_ms) early += (Math.max(-1, Math.min(5, answer.early_ms / 1000)) - early) * (early ? .3 : 1);
      about();
      attach();
      judge();
    }

    /* What the box tells by itself comes at once; the questions stay for when it can't. */
    function listen() {
      var events = window.hearthEvents;
      if (!events) return;
      events.on('channel', function (told_) { if (told_.name === name && told_.phase) told(told_); });
      events.on('viewers', function (told_) { if (told_.name === name && channel) { channel.viewers = told_.viewers; about(); } });
      ['back', 'reset'].forEach(function (type) { events.on(type, ask); });
    }

    /* The media. */

    function attach() {
      if (way || waiting || !channel || channel.phase === 'off') return;
      var kind = ladder.choose();
      if (!kind) { if (box.dataset.state !== 'error') { ladder.use(null); menu.show(); state('error'); } return; }
      if (box.dataset.state === 'error') state('starting');
      seen = false;
      lastTime = -1;
      pausedAt = 0;
      resting = false;
      stuckFrom = Date.now();
      ladder.use(kind);
      menu.show();
      var at = from, made;
      from = NaN;
      made = way = make(kind, at, {
        ready: start, off: over, full: full,
        failed: function (why, where) {
          box.dataset.why = kind + ' ' + why;
          ladder.failed(kind);
          from = isNaN(where) ? at : where;
          if (way === made) restart(); else setTimeout(restart);
        }
      });
    }

    function make(kind, at, say) {
      if (kind === 'instant') return new window.HearthInstant(video, folder + 'stream.mp4', say);
      if (kind === 'native') return new window.HearthNative(video, folder, say);
      return new window.HearthHls(video, folder, kind, at, say);
    }

    /* Seconds, as the box said, or nothing; gives ms until it may be asked again. No way is to blame. */
    function full(after) {
      var wait = 1000 * Math.min(FULL_MOST, parseInt(after, 10) || FULL);
      fullTill = Date.now() + wait + FULL_MORE;
      judge();
      return wait;
    }

    /* The same picture another way, at once. */
    function restart() {
      if (box.dataset.state === 'error') return acts.retry();
      detach();
      attach();
    }

    /* The list has ended, or there is no such channel now: the box is asked, and what is buffered is played out. */
    function over() { if ((!channel || channel.phase !== 'off') && Date.now() - askedAt > 300) ask(); }

    function detach() {
      clearTimeout(renewTimer);
      clearTimeout(restTimer);
      waiting = false;
      if (!way) return;
      keepPicture();
      way.destroy();
      way = null;
      video.removeAttribute('src');
      video.load();
      seen = false;
    }

    /* The last picture stays under the words. */
    function keepPicture() {
      if (!seen || !video.videoWidth) return;
      still.width = Math.min(640, video.videoWidth);
      still.height = still.width * video.videoHeight / video.videoWidth;
      still.getContext('2d').drawImage(video, 0, 0, still.width, still.height);
      still.hidden = false;
    }

    /* A new start, later each time; a picture in between makes it quick again. */
    function renew() {
      if (isRewound()) from = way.date();
      detach();
      waiting = true;
      renewTimer = setTimeout(function () { waiting = false; ask(); }, Math.min(8000, 500 * Math.pow(2, renewals++)));
      judge();
    }

    /* The viewer wants no picture now: then nothing more is asked for. */
    function stand() { resting = true; if (way) way.rest(); }

    /* Starts with sound where the browser allows it, else silent with a button for sound. */
    var autoMuted = preview;
    function start() {
      if (!wantsPlay) return stand();
      if (preview) video.muted = true;
      var played = video.play();
      if (played) played.catch(function (why) {
        if (why.name !== 'NotAllowedError' || video.muted) return paint();
        video.muted = autoMuted = true;
        video.play().catch(function (why) { if (why.name === 'NotAllowedError') { wantsPlay = false; stand(); paint(); } });
      });
    }

    /* Notes whether there is a new picture. */
    function look() {
      if (!way || video.readyState < 2) return;
      if (video.currentTime !== lastTime || !seen) {
        lastMove = stuckFrom = Date.now();
        seen = ever = still.hidden = true;
        renewals = 0;
      }
      lastTime = video.currentTime;
    }

    /* Steady has all the time that a slow line needs, as long as something comes. */
    function isLate(kind, stuck) {
      if (kind === 'instant' || kind === 'low') return stuck > (seen ? STUCK_BLAME : STUCK_FIRST);
      return kind === 'steady' && !seen && channel.live_for_s > YOUNG && Math.min(stuck, Date.now() - heardAt) > STUCK_FIRST;
    }

    /* A picture that stands although the box has newer ones: this way is to blame. */
    function blame() {
      if (isFull()) stuckFrom = Date.now();
      if (way.heard && way.heard() !== heard) { heard = way.heard(); heardAt = Date.now(); }
      var stuck = Date.now() - stuckFrom, kind = ladder.now();
      if (stuck > STUCK_ASK && Date.now() - askedAt > 700) ask();
      var isBlamed = answeredAt - stuckFrom > STUCK_ASK && channel.playable && channel.silent_ms < SILENT;
      if (isBlamed && isLate(kind, stuck) && ladder.leave(kind)) {
        box.dataset.why = kind + ' stuck';
        if (isRewound()) from = way.date();
        return restart();
      }
      if (stuck <= STUCK_RENEW) return;
      if (isBlamed && channel.live_for_s > YOUNG) ladder.leave(kind);
      renew();
    }

    function watch() {
      look();
      if (way && wantsPlay && !isAway() && channel.phase === 'live' && !failures) {
        if (video.paused && seen) start();
        blame();
        if (seen && way.isRewound && !way.isRewound()) ladder.rewind(false);
        var better = ladder.choose();
        if (better && better !== ladder.now() && moving() && !isRewound()) restart();
      }
      judge();
      paint();
    }

    /* Hands. */

    var extras = window.HearthExtras ? new window.HearthExtras(box, ladder, restart) : {};

    var acts = {
      play: function () { if (video.paused) acts.resume(); else acts.pause(); },
      resume: function () {
        wantsPlay = true;
        stuckFrom = Date.now();
        clearTimeout(restTimer);
        /* A picture that came while nobody wanted any is none to go back to; another goes on from where it was left. */
        if (resting && way && !pausedAt) return acts.golive();
        if (resting && way && !way.seek) return rewind(0);
        pausedAt = 0;
        resting = false;
        video.play().catch(function () {});
      },
      pause: function () {
        wantsPlay = false;
        pausedAt = Date.now();
        clearTimeout(restTimer);
        restTimer = setTimeout(function () { if (way) stand(); }, PAUSED);
        video.pause();
      },
      mute: function () { autoMuted = false; video.muted = !video.muted; if (!video.muted && video.volume === 0) video.volume = 1; },
      unmute: function () { autoMuted = false; video.muted = false; video.play().catch(function () {}); find('mute').focus(); },
      menu: function () { menu.toggle(); },
      golive: function () {
        wantsPlay = true;
        clearTimeout(restTimer);
        /* Asked for within the viewer's own touch, or a strict browser plays nothing later either. */
        video.play().catch(function () {});
        if (ladder.isRewound() || (resting && way && !way.seek)) { ladder.rewind(false); return restart(); }
        pausedAt = 0;
        resting = false;
        if (way) way.live();
      },
      full: function () {
        if (document.fullscreenElement) document.exitFullscreen();
        else if (box.requestFullscreen) box.requestFullscreen().catch(function () {});
        else if (video.webkitEnterFullscreen) video.webkitEnterFullscreen();
      },
      retry: function () { detach(); ladder.forgive(); renewals = fullTill = 0; box.dataset.state = ''; state('starting'); ask(); },
      left: function () { seek(-10); }, right: function () { seek(10); }, seek: seek,
      pip: extras.pip, airplay: extras.airplay,
      up: function () { volume(.1); }, down: function () { volume(-.1); },
      ok: function () { hands.wake(); find('play').focus(); },
      back: function () { if (document.fullscreenElement) document.exitFullscreen(); else location.href = '/'; }
    };

    function seek(by) {
      if (!way || !seen) return;
      if (way.seek) return way.seek(by);
      if (by < 0) rewind(by);
    }

    /* From the instant stream to where the viewer wants to be. */
    function rewind(by) {
      from = way.date() + by * 1000;
      if (isNaN(from) || !channel.playable) { from = NaN; return acts.golive(); }
      ladder.rewind(true);
      wantsPlay = true;
      restart();
    }

    /* Keys for media, headphones, other windows and the browser's own full screen play and pause too. */
    function played() { if (!wantsPlay && !video.paused) acts.resume(); }

    function paused() {
      if (!wantsPlay || !video.paused || video.ended || !way || !seen || isAway() || Date.now() - leftAt < OWN) return;
      stoppedAt = Date.now();
      acts.pause();
    }

    function left() {
      leftAt = Date.now();
      if (!wantsPlay && leftAt - stoppedAt < OWN) acts.resume();
    }

    function volume(by) { video.volume = Math.min(1, Math.max(0, video.volume + by)); if (by > 0) video.muted = false; }

    var hands = new window.HearthHands(box, acts, function () { return video.paused || box.dataset.state !== 'live' || menu.isOpen(); }, paint);
    video.addEventListener('play', played);
    video.addEventListener('pause', paused);
    video.addEventListener('webkitendfullscreen', left);
    ['play', 'pause', 'volumechange', 'playing'].forEach(function (event) { video.addEventListener(event, paint); });
    ['loadeddata', 'playing', 'timeupdate'].forEach(function (event) { video.addEventListener(event, function () { if (!moving()) { look(); judge(); } }); });
    video.addEventListener('volumechange', function () { box.querySelector('.volume').value = video.muted ? 0 : video.volume * 100; });
    video.addEventListener('ended', function () { over(); lastMove = 0; judge(); });
    box.querySelector('.volume').addEventListener('input', function () { autoMuted = false; video.muted = false; video.volume = this.value / 100; });

    ['enterpictureinpicture', 'leavepictureinpicture'].forEach(function (event) { video.addEventListener(event, function () { stuckFrom = Date.now(); }); });
    document.addEventListener('visibilitychange', function () { stuckFrom = Date.now(); if (document.hidden) left(); else ask(); });
    document.addEventListener('resume', function () { stuckFrom = Date.now(); ask(); });
    window.addEventListener('pagehide', detach);
    window.addEventListener('pageshow', function (event) { if (event.persisted) ask(); });
    window.HearthLatency.now();
    setInterval(watch, WATCH);
    paint();
    listen();
    ask();
  }

  Array.prototype.forEach.call(document.querySelectorAll('[data-player]'), Player);
}());

/*
 * HLS by hls.js, in two manners: low (parts, as near to life as they allow) and steady (whole segments, much in hand).
 *
 * hls.js loads and appends; where the picture stands is Pace's business, since hls.js corrects nothing below a second and begins
 * with whatever is there after its buffer ran dry, to run dry again.
 */
(function () {
  'use strict';
  var KEEP = 30;                              /* seconds kept behind the picture: without its keyframe it would go, too */
  var MANNERS = {
    low: {
      list: 'index.m3u8', pace: { least: .65, most: 3, step: .3, slack: .08, jump: 1, grow: 1.5, fast: 1.1, quick: 1.04, slow: .96 }, sync: .7, jump: 2,
      hls: { lowLatencyMode: true, backBufferLength: KEEP }
    },
    steady: {
      list: 'media.m3u8?plain=1', pace: { least: 3.6, most: 5.2, step: 2.2, slack: .4, jump: 4, grow: 1.3, fast: 1.03, quick: 1.03, slow: .98 }, sync: 4.2, jump: 3,
      hls: { lowLatencyMode: false, backBufferLength: KEEP }
    }
  };
  var COMMON = {
    enableWorker: false, maxBufferLength: 20, maxMaxBufferLength: 30, maxLiveSyncPlaybackRate: 1, liveSyncOnStallIncrease: 0,
    manifestLoadPolicy: { default: { maxTimeToFirstByteMs: 8000, maxLoadTimeMs: 10000, timeoutRetry: null, errorRetry: null } }
  };
  var TICK = 250, CHECK = 1000, PATIENCE = 1500;   /* ms */
  var NEARER = .05;                           /* seconds nearer than the list says, which allows for a slower line than one's own */
  var CAUGHT_UP = .3;                         /* seconds behind where live is played */
  var STEADY = 4500;                          /* ms behind life at which steady begins */
  var REFUSALS = 2, DECODES = 2, STALLS = 3, SPAN = 30000;    /* so many within the span, ms, and this manner is given up */

  var SMALL = ['enterpictureinpicture', 'leavepictureinpicture'];     /* a hidden page may still be seen in a window of its own */

  /* from: ms on the box's clock at which to begin, NaN for live. say: ready, off, failed, full, as for the instant stream. */
  function HlsWay(video, folder, manner, from, say) {
    var how = MANNERS[manner], hls, gone = false, faults = {}, jumpedAt = 0, ticker;
    var rewound = !isNaN(from), list = null, loading = null, keptBack = 0, firstAt = 0, away = isAway();
    var pace = new window.HearthPace(video, how.pace, { stalled: function () { if (manner === 'low' && fault('stall', STALLS)) failed('stall'); } });
    var types = window.Hls.ErrorTypes, events = window.Hls.Events;

    /* The next way goes on from where a viewer has gone back to. */
    function failed(why) { if (!gone) { var at = rewound ? date() : NaN; destroy(); say.failed(why, at); } }

    function fault(what, most) {
      var since = Date.now() - SPAN, list = (faults[what] || []).filter(function (at) { return at > since; });
      list.push(Date.now());
      faults[what] = list;
      return list.length >= most;
    }

    function build() {
      list = null;
      firstAt = keptBack = 0;
      var config = { liveSyncDuration: how.sync, liveMaxLatencyDuration: 1e6 };
      [COMMON, how.hls].forEach(function (some) { Object.keys(some).forEach(function (key) { config[key] = some[key]; }); });
      hls = new window.Hls(config);
      loadFirstParts(hls.streamController);
      hls.on(events.ERROR, function (_, error) { wrong(error); });
      hls.on(events.LEVEL_LOADED, function (_, level) { if (level.details.live) place(level.details); else say.off(); });
      hls.on(events.FRAG_LOADING, function (_, it) { loading = it.frag; });
      hls.on(events.FRAG_BUFFERED, appended);
      hls.on(events.BUFFER_APPENDED, appended);
      hls.loadSource(folder + how.list);
      hls.attachMedia(video);
    }

    /*
     * hls.js (1.7.4) loads parts only where a whole segment stands before them: of a young stream it would show nothing until its
     * first segment is whole.
     */
    function loadFirstParts(controller) {
      var should = controller && controller.shouldLoadParts;
      if (!should) return;
      controller.shouldLoadParts = function (details, end) {
        var first = details && details.partList && details.partList[0];
        var young = manner === 'low' && first && first.fragment === details.fragmentHint && end >= first.end;
        return young || should.call(this, details, end);
      };
    }

    /* Pictures that come seldom make parts longer, and the list says how far back one must stay for them. */
    function keepBack(seconds) {
      if (!(seconds > 0) || seconds === keptBack) return;
      keptBack = seconds;
      pace.least(seconds - NEARER);
      hls.targetLatency = Math.max(how.sync, seconds);
    }

    /* Never in the gaps that stand before the first segment of a young stream, where hls.js would wait for that to be whole. */
    function place(details) {
      var isFirst = !list;
      list = details;
      if (manner === 'low') keepBack(details.partHoldBack);
      var first = details.fragments.filter(function (it) { return !it.gap; })[0] || details.fragmentHint;
      if (isFirst && first && hls.liveSyncPosition < first.start) hls.startLoad(first.start + .05);
    }

    /* Where the encoder was away dates jump and places don't: who wants to see what was then sees the end of what was before. */
    function positionOf(date) {
      var dated = list.fragments.filter(function (it) { return it.programDateTime && !it.gap; }), found = 0;
      dated.forEach(function (it, at) {
        if (found && it.programDateTime > date) return;
        var end = at + 1 < dated.length ? it.end - .1 : Infinity;
        found = Math.min(end, Math.max(it.start + .1, it.start + (date - it.programDateTime) / 1000));
      });
      return found;
    }

    function appended() {
      if (gone || !list || !video.buffered.length) return;
      if (pace.isBegun()) return pace.grown();
      if (video.readyState < 1 || !isBuffered(video.currentTime) || isOnItsWay()) return;
      if (!isNaN(from)) video.currentTime = positionOf(from);
      else if (!rewound) nearer();
      from = NaN;
      pace.begin();
      if (rewound) pace.free(true);
      say.ready();
    }

    /* Whole segments come late by up to their length: only their dates tell by how much. */
    function nearer() {
      var end = video.buffered.end(video.buffered.length - 1), to = end - pace.target(), life = window.HearthLatency.now();
      if (manner === 'steady' && !isNaN(life)) to = Math.min(positionOf(life - STEADY), end - 2);
      if (to > video.currentTime + how.pace.slack) video.currentTime = to;
    }

    /* Where keyframes are rare, hls.js begins at one that lies far back: what follows it is fetched before the picture begins. */
    function isOnItsWay() {
      if (!firstAt) firstAt = Date.now();
      var sync = hls.liveSyncPosition;
      return !rewound && sync !== null && video.buffered.end(video.buffered.length - 1) < sync - .3 && Date.now() - firstAt < PATIENCE;
    }

    function isBuffered(at) {
      for (var i = 0; i < video.buffered.length; i++) if (video.buffered.start(i) <= at + .1 && at < video.buffered.end(i)) return true;
      return false;
    }

    /* A list or picture that the box refuses, or that can't be decoded, is tried again; then this manner is given up. */
    function wrong(error) {
      if (gone) return;
      var code = error.response ? error.response.code : 0;
      if (error.type === types.NETWORK_ERROR) {
        if (error.frag && code === 503) return full(error.networkDetails);
        /* What is not on air now is not this manner's fault. */
        if (code === 404) say.off();
        else if (code >= 400 && code !== 503 && fault('refused', REFUSALS)) return failed('refused');
        if (error.fatal) return again(code >= 400 && code !== 503);
      } else if (error.type === types.MEDIA_ERROR || error.type === types.MUX_ERROR) {
        var parsing = error.details === window.Hls.ErrorDetails.FRAG_PARSING_ERROR;
        if (!error.fatal && !parsing) return;
        if (/odec/.test(error.details) || fault('decode', DECODES)) return failed('decode');
        rebuild();
      } else if (error.fatal) failed('other');
    }

    /* No place: media are asked for again when the box says, what is in hand plays on. */
    function full(answer) {
      var mine = hls;
      hls.stopLoad();
      setTimeout(function () { if (mine === hls && !gone && !away) hls.startLoad(-1); }, say.full(answer && answer.getResponseHeader && answer.getResponseHeader('Retry-After')));
    }

    function rebuild() {
      if (rewound) from = date();
      pace.stop();
      if (hls) hls.destroy();
      hls = null;
      if (!away) build();
    }

    /* Fatal to hls.js, not to us, unless the box answers others. */
    function again(refused) {
      if (rewound) from = date();
      pace.stop();
      hls.destroy();
      hls = null;
      setTimeout(function () { if (!gone && !hls && !away) build(); }, 400);
      if (!refused) fetch('/healthz', { cache: 'no-store' }).then(function () { if (fault('network', REFUSALS)) failed('network'); }, function () {});
    }

    /*
     * Far behind without wanting to be: a phone that slept, a tab that was frozen, a network that was away. Who had gone back and is
     * with the others again wants to be; the end of a list that is not renewed is not where they are.
     */
    function tick() {
      if (!hls || away || video.paused || !pace.isBegun()) return;
      var sync = hls.liveSyncPosition;
      if (sync === null) return;
      var behind = sync - video.currentTime;
      if (rewound ? behind > CAUGHT_UP || list.age > 2 * list.targetduration : behind <= how.jump || Date.now() - jumpedAt < CHECK) return;
      jumpedAt = Date.now();
      live();
    }

    function live() {
      rewound = false;
      from = NaN;
      pace.free(false);
      var sync = hls && hls.liveSyncPosition;
      if (sync !== null && sync !== undefined && Math.abs(sync - video.currentTime) > .3) video.currentTime = sync;
    }

    /* Seconds to go back (below zero) or on. */
    function seek(by) {
      var all = video.seekable;
      if (!all.length) return;
      var to = Math.max(all.start(0) + 1, video.currentTime + by);
      if (hls && hls.liveSyncPosition !== null && to >= hls.liveSyncPosition) return live();
      rest();
      video.currentTime = to;
    }

    function rest() { rewound = true; pace.free(true); }

    function isAway() { return document.hidden && !document.pictureInPictureElement; }

    function seen() {
      var now = isAway();
      if (now === away) return;
      away = now;
      if (!hls) { if (!away) build(); return; }
      if (away) return hls.stopLoad();
      hls.startLoad(-1);
      if (!rewound) setTimeout(function () { if (!gone && !rewound) live(); }, TICK);
    }

    /* Ms on the box's clock of the picture that is shown or begins next, NaN if not known. */
    function date() { return isNaN(from) && hls && hls.playingDate ? +hls.playingDate : from; }

    function destroy() {
      gone = true;
      clearInterval(ticker);
      document.removeEventListener('visibilitychange', seen);
      SMALL.forEach(function (event) { video.removeEventListener(event, seen); });
      pace.destroy();
      if (hls) hls.destroy();
      hls = null;
    }

    document.addEventListener('visibilitychange', seen);
    SMALL.forEach(function (event) { video.addEventListener(event, seen); });
    ticker = setInterval(tick, TICK);
    if (!away) build();
    return {
      destroy: destroy, live: live, seek: seek, rest: rest, target: pace.target, isHolding: pace.isHolding,
      isRewound: function () { return rewound; },
      /* Seconds that can be gone back, to the newest picture. */
      span: function () { var all = video.seekable; return all.length ? Math.max(0, all.end(all.length - 1) - all.start(0)) : 0; },
      latency: function () { return hls ? Math.max(0, hls.latency || 0) : 0; },
      /* Bytes of what is under way: as long as there come more, it does not hang. */
      heard: function () { return loading ? loading.stats.loaded : 0; },
      date: date
    };
  }

  HlsWay.isSupported = function () { return !!window.Hls && window.Hls.isSupported(); };
  window.HearthHls = HlsWay;
}());

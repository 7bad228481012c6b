/*
 * The instant stream in a <video>: what arrives is appended at once and played a moment behind its end.
 *
 * The moment (the target) is as short as the way from the box allows: it doubles with each stall and shrinks slowly without one.
 * The response ends where the stream is not continuous; then it is asked for again at once.
 */
(function () {
  'use strict';
  var Source = window.MediaSource || window.ManagedMediaSource;
  var LEAST = .23, MOST = 2;                  /* the target right after an append, seconds */
  var TICK = 250, CREEP = 1 - .1 / 240;       /* ms; the target's share that is left after a tick without a stall: 0.9 a minute */
  var SLACK = .05, FAST = 1.1, QUICK = 1.04, SLOW = .96;    /* beyond the slack the rate changes */
  var JUMP = 1;                               /* this far behind the target, seconds, playing faster would take too long */
  var KEEP = 10, PAUSED = 10;                 /* seconds kept behind the picture; read ahead of a paused one */
  var RUSH = 30, RUSH_MOST = 800;             /* the first rush is over after so long without data, or after all, ms */
  var SETTLE = 1000;                          /* so long after a beginning a wait for data is part of it, ms */
  var FIRST = 1700;                           /* from the first byte to a picture, ms */
  var QUEUE = 16 << 20;                       /* bytes that wait to be appended */
  var FAULTS = 3, SPAN = 60000;               /* so many faults of a kind within the span, ms, and this way is given up */

  /* say: ready() when play() may be called, off() when there is no such channel now, failed(why) when this way does not work. */
  function Instant(video, url, say) {
    var source, buffer, kind, address;
    var request = null, tries = 0, retryTimer, rushTimer, ticker;
    var queue = [], queued = 0, firstAt = 0, shown = false, begun = false, holding = false, gone = false;
    var target = LEAST, before = LEAST, mean = 0, lastEnd = 0, begunAt = 0, faults = {};

    function now() { return performance.now(); }

    function failed(why) { if (!gone) { destroy(); say.failed(why); } }

    /* Counts a fault; true if there were too many lately. */
    function fault(what) {
      var since = now() - SPAN, list = (faults[what] || []).filter(function (at) { return at > since; });
      list.push(now());
      faults[what] = list;
      return list.length >= FAULTS;
    }

    /* The way in. */

    function build() {
      if (address) URL.revokeObjectURL(address);
      buffer = null;
      source = new Source();
      if (Source !== window.MediaSource) video.disableRemotePlayback = true;
      address = URL.createObjectURL(source);
      video.src = address;
    }

    function rebuild(what) {
      if (gone) return;
      if (fault(what)) return failed(what);
      close();
      build();
      open();
    }

    function open() {
      clearTimeout(retryTimer);
      if (gone || request || document.hidden) return;
      var mine = request = new AbortController();
      fetch(url, { cache: 'no-store', signal: mine.signal }).then(function (answer) {
        if (mine !== request) return;
        if (answer.status === 404) { say.off(); return again(); }
        if (answer.status === 503) return fault('busy') ? failed('busy') : again(1000);
        var type = answer.headers.get('Content-Type');
        if (!answer.ok || !answer.body || !Source.isTypeSupported(type)) return failed('type');
        begin(type, answer.body.getReader(), mine);
      }).catch(function () { if (mine === request) lost(); });
    }

    function close() {
      var mine = request;
      request = null;
      if (mine) mine.abort();
      clearTimeout(retryTimer);
      clearTimeout(rushTimer);
      queue = [];
      queued = firstAt = 0;
      begun = holding = false;
    }

    function again(wait) {
      close();
      if (!gone) retryTimer = setTimeout(open, wait || Math.min(5000, 200 * Math.pow(2, tries++)));
    }

    /* Nothing was answered: it matters only if the box answers others. */
    function lost() {
      again();
      fetch('/healthz', { cache: 'no-store' }).then(function () { if (fault('network')) failed('network'); }, function () {});
    }

    function begin(type, reader, mine) {
      if (source.readyState !== 'open') {
        source.addEventListener('sourceopen', function () { if (mine === request) begin(type, reader, mine); }, { once: true });
        return;
      }
      try {
        if (!buffer) {
          buffer = source.addSourceBuffer(type);
          buffer.addEventListener('updateend', updated);
        } else {
          buffer.abort();
          if (type !== kind) buffer.changeType(type);
          if (buffer.buffered.length) buffer.remove(0, Infinity);
        }
        kind = type;
      } catch (error) { return rebuild('build'); }
      shown = false;
      lastEnd = 0;
      read(reader, mine);
    }

    function read(reader, mine) {
      reader.read().then(function (piece) {
        if (mine !== request) return;
        if (piece.done) return ended();
        if (!firstAt) firstAt = now();
        queue.push(piece.value);
        queued += piece.value.length;
        if (queued > QUEUE) return again();
        pump();
        read(reader, mine);
      }, function () { if (mine === request) lost(); });
    }

    /* What follows needs a new beginning. A stall just before was the publisher's. */
    function ended() {
      if (holding) target = before;
      if (video.readyState < 2 && fault('empty')) return failed('empty');
      if (!firstAt || now() - firstAt < 1000) return again();
      tries = 0;
      close();
      open();
    }

    function pump() {
      if (!buffer || buffer.updating || source.readyState !== 'open') return;
      try {
        var start = buffer.buffered.length ? buffer.buffered.start(0) : 0;
        if (begun && video.currentTime - start > KEEP + 5) return buffer.remove(0, video.currentTime - KEEP);
        if (queue.length) { var data = joined(); queue = []; queued = 0; buffer.appendBuffer(data); }
      } catch (error) { rebuild('append'); }
    }

    function joined() {
      if (queue.length === 1) return queue[0];
      var all = new Uint8Array(queued), at = 0;
      queue.forEach(function (piece) { all.set(piece, at); at += piece.length; });
      return all;
    }

    /* The way out. */

    function updated() {
      if (gone || !buffer) return;
      settle();
      pump();
    }

    function end() { var all = video.buffered; return all.length ? all.end(all.length - 1) : 0; }

    function ahead() { return Math.max(0, end() - video.currentTime); }

    function rate(to) { if (video.playbackRate !== to) video.playbackRate = to; }

    function settle() {
      var edge = end();
      if (!edge || edge === lastEnd || !request) return;
      lastEnd = edge;
      if (!begun) {
        clearTimeout(rushTimer);
        if (now() - firstAt > RUSH_MOST) start(); else rushTimer = setTimeout(start, RUSH);
      } else if (!video.paused) steer(ahead());
      else if (ahead() > PAUSED) close();
    }

    /* The first rush, from the keyframe to now, is there. */
    function start() {
      var all = video.buffered;
      if (begun || !all.length) return;
      var first = all.start(all.length - 1), last = end();
      if (last - first < target && now() - firstAt < RUSH_MOST) return;
      begun = true;
      begunAt = now();
      tries = 0;
      mean = target;
      rate(1);
      video.currentTime = Math.max(first, last - target);
      say.ready();
    }

    function steer(behind) {
      if (holding) {
        if (behind < target) return;
        holding = false;
        mean = behind;
        rate(1);
      }
      if (behind > target + JUMP) return live();
      mean += (behind - mean) * .3;
      var off = mean - target, now = video.playbackRate;
      if (off > SLACK * 4) rate(FAST);
      else if (off > SLACK || (now > 1 && off > SLACK / 5)) rate(QUICK);
      else if (off < -SLACK || (now < 1 && off < 0)) rate(SLOW);
      else rate(1);
    }

    function live() {
      if (!begun) return open();
      mean = target;
      holding = false;
      rate(1);
      video.currentTime = end() - target;
    }

    /* The picture has caught up with what is there: waits until there is more than was enough so far. */
    function stalled() {
      if (!begun || now() - begunAt < SETTLE || holding || !request || video.seeking || video.paused || ahead() > target) return;
      if (target >= MOST && fault('stall')) return failed('stall');
      before = target;
      target = Math.min(MOST, target * 2);
      holding = true;
      rate(0);
    }

    function tick() {
      if (!holding) target = Math.max(LEAST, target * CREEP);
      if (video.readyState > 1) shown = true;
      if (!shown && firstAt && now() - firstAt > FIRST && !document.hidden) failed('picture');
    }

    function broken() { if (video.error) rebuild('decode'); }
    function seen() { if (document.hidden) close(); else open(); }
    function played() { if (!request) open(); else if (begun && ahead() > target + JUMP) live(); }

    function destroy() {
      gone = true;
      close();
      clearInterval(ticker);
      video.removeEventListener('waiting', stalled);
      video.removeEventListener('error', broken);
      video.removeEventListener('play', played);
      document.removeEventListener('visibilitychange', seen);
      rate(1);
      URL.revokeObjectURL(address);
    }

    video.addEventListener('waiting', stalled);
    video.addEventListener('error', broken);
    video.addEventListener('play', played);
    document.addEventListener('visibilitychange', seen);
    ticker = setInterval(tick, TICK);
    build();
    open();
    return { destroy: destroy, latency: ahead, live: live, target: function () { return target; } };
  }

  Instant.isSupported = function () { return !!(Source && window.fetch && window.AbortController && window.ReadableStream); };
  window.HearthInstant = Instant;
}());

/*
 * The instant stream in a <video>: what arrives is appended at once and played a moment behind its end.
 *
 * The response ends where the stream is not continuous; then it is asked for again at once. Before the first keyframe the box holds
 * it, so that whoever asks early sees the first picture at once.
 */
(function () {
  'use strict';
  var Source = window.MediaSource || window.ManagedMediaSource;
  /* least: when the next fragment comes as late as is usual (.13), one (.1) is still in hand. */
  var LIMITS = { least: .23, most: 2, step: .13, slack: .05, jump: 1, grow: 2, fast: 1.1, quick: 1.04, slow: .96 };
  var KEEP = 30;                              /* seconds kept behind the picture: without its keyframe it would go, too */
  var RUSH = 30, RUSH_MOST = 800;             /* the first rush is over after so long without data, or after all, ms */
  var FIRST = 1500;                           /* from the first byte to a picture, ms */
  var QUEUE = 16 << 20;                       /* bytes that wait to be appended */
  var FAULTS = 3, DECODES = 2, SPAN = 60000;  /* so many faults of a kind within the span, ms, and this way is given up */
  var SMALL = ['enterpictureinpicture', 'leavepictureinpicture'];     /* a hidden page may still be seen in a window of its own */

  /*
   * say: ready() when play() may be called, off() when there is no such channel now, failed(why) when this way does not work, full(after)
   * when the box has no place, with its Retry-After: gives ms to wait.
   */
  function Instant(video, url, say) {
    var source, buffer, kind, address, epoch = NaN;
    var request = null, tries = 0, retryTimer, rushTimer, ticker;
    var queue = [], queued = 0, firstAt = 0, shown = false, gone = false, rested = false, faults = {};
    var pace = new window.HearthPace(video, LIMITS, { stalled: function () { if (fault('stall')) failed('stall'); } });

    function now() { return performance.now(); }
    function isAway() { return document.hidden && !document.pictureInPictureElement; }

    function failed(why) { if (!gone) { destroy(); say.failed(why); } }

    /* Counts a fault; true if there were too many lately. */
    function fault(what, most) {
      var since = now() - SPAN, list = (faults[what] || []).filter(function (at) { return at > since; });
      list.push(now());
      faults[what] = list;
      return list.length >= (most || FAULTS);
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

    /* What can't be decoded is tried once more from the beginning. */
    function rebuild(what) {
      if (gone) return;
      if (fault(what, DECODES)) return failed(what);
      close();
      build();
      open();
    }

    function open() {
      clearTimeout(retryTimer);
      if (gone || rested || request || isAway()) return;
      var mine = request = new AbortController();
      fetch(url, { cache: 'no-store', signal: mine.signal }).then(function (answer) {
        if (mine !== request) return;
        if (answer.status === 404) { say.off(); return again(); }
        if (answer.status === 503) return again(say.full(answer.headers.get('Retry-After')));
        var type = answer.headers.get('Content-Type');
        if (!answer.ok || !answer.body || !Source.isTypeSupported(type)) return failed('type');
        epoch = parseInt(answer.headers.get('Media-Epoch'), 10);
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
      pace.stop();
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
      pace.forgive();
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
        if (pace.isBegun() && video.currentTime - start > KEEP + 5) return buffer.remove(0, video.currentTime - KEEP);
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
      if (request && buffer.buffered.length) {
        if (pace.isBegun()) pace.grown();
        else {
          clearTimeout(rushTimer);
          if (now() - firstAt > RUSH_MOST) start(); else rushTimer = setTimeout(start, RUSH);
        }
      }
      pump();
    }

    /* The first rush, from the keyframe to now, is there: the picture begins, however little that is. */
    function start() {
      var all = video.buffered;
      if (gone || pace.isBegun() || !all.length) return;
      tries = 0;
      video.currentTime = Math.max(all.start(all.length - 1), all.end(all.length - 1) - pace.target());
      pace.begin();
      say.ready();
    }

    function live() {
      rested = false;
      if (pace.isBegun()) pace.live(); else open();
    }

    /* The page was frozen and goes on; a viewer who has paused is not asked for. */
    function thawed() { if (!rested) live(); }

    function tick() {
      if (video.readyState > 1) shown = true;
      if (!shown && firstAt && now() - firstAt > FIRST && !isAway()) failed('picture');
    }

    function broken() { if (video.error) rebuild('decode'); }
    function seen() { if (isAway()) close(); else open(); }

    function destroy() {
      gone = true;
      close();
      clearInterval(ticker);
      pace.destroy();
      video.removeEventListener('error', broken);
      document.removeEventListener('visibilitychange', seen);
      SMALL.forEach(function (event) { video.removeEventListener(event, seen); });
      document.removeEventListener('resume', thawed);
      URL.revokeObjectURL(address);
    }

    video.addEventListener('error', broken);
    document.addEventListener('visibilitychange', seen);
    SMALL.forEach(function (event) { video.addEventListener(event, seen); });
    document.addEventListener('resume', thawed);
    ticker = setInterval(tick, 250);
    build();
    open();
    return {
      destroy: destroy, live: live, latency: pace.ahead, target: pace.target, isHolding: pace.isHolding,
      /* Unix ms of the picture, on the box's clock. */
      date: function () { return epoch + video.currentTime * 1000; },
      /* Nothing is asked for while the picture stands still, until live(). */
      rest: function () { rested = true; close(); }
    };
  }

  Instant.isSupported = function () { return !!(Source && window.fetch && window.AbortController && window.ReadableStream); };
  window.HearthInstant = Instant;
}());

/* HLS as the browser itself plays it: the last way, for browsers without Media Source Extensions. TS, cut at keyframes. */
(function () {
  'use strict';

  function NativeWay(video, folder, say) {
    var gone = false;

    function broken() { if (!gone && video.error) { destroy(); say.failed('native'); } }

    function end() { var all = video.seekable, at = all.length ? all.end(all.length - 1) : 0; return isFinite(at) ? at : 0; }

    function seek(by) {
      if (!video.seekable.length) return;
      video.currentTime = Math.min(end() - 3, Math.max(video.seekable.start(0) + 1, video.currentTime + by));
    }

    function destroy() {
      gone = true;
      video.removeEventListener('error', broken);
      video.removeEventListener('loadedmetadata', say.ready);
    }

    video.addEventListener('error', broken);
    video.addEventListener('loadedmetadata', say.ready);
    video.src = folder + 'ts.m3u8';
    return {
      destroy: destroy, seek: seek,
      live: function () { video.currentTime = Math.max(0, end() - 3); },
      rest: function () {},
      isRewound: function () { return false; },
      isHolding: function () { return false; },
      span: function () { var all = video.seekable; return all.length ? Math.max(0, end() - all.start(0)) : 0; },
      latency: function () { return Math.max(0, end() - video.currentTime); },
      date: function () {
        var start = video.getStartDate && video.getStartDate();
        return start && !isNaN(start) ? +start + video.currentTime * 1000 : NaN;
      }
    };
  }

  NativeWay.isSupported = function (video) { return !!video.canPlayType('application/vnd.apple.mpegurl'); };
  window.HearthNative = NativeWay;
}());

/*
 * Which way a picture is played: instant, low (HLS with parts), steady (HLS by whole segments), native. What the viewer chose comes
 * first; what fails is left out for a while, longer each time, and then tried again.
 */
(function () {
  'use strict';
  var KEY = 'hearth-mode', FORGET = 30000, FORGET_MOST = 960000;    /* ms */
  var ORDER = {
    auto: ['instant', 'low', 'steady', 'native'], instant: ['instant', 'low', 'steady', 'native'],
    low: ['low', 'steady', 'native'], steady: ['steady', 'native']
  };

  function can(way, video) {
    if (way === 'instant') return !!window.HearthInstant && window.HearthInstant.isSupported();
    if (way === 'native') return window.HearthNative.isSupported(video);
    return !!window.HearthHls && window.HearthHls.isSupported();
  }

  function Ladder(video) {
    var failures = {}, rewound = false, cast = false, way = null;

    function pinned() {
      try { return ORDER[localStorage.getItem(KEY)] ? localStorage.getItem(KEY) : 'auto'; } catch (e) { return 'auto'; }
    }

    function isOut(it) {
      var failure = failures[it];
      return !!failure && Date.now() - failure.at < Math.min(FORGET_MOST, FORGET * Math.pow(2, failure.count - 1));
    }

    /* The best way now; null if none is left. */
    function choose() {
      var order = cast ? ['native'] : ORDER[pinned()];
      if (rewound) order = order.filter(function (it) { return it !== 'instant'; });
      return order.filter(function (it) { return can(it, video) && !isOut(it); })[0] || null;
    }

    return {
      choose: choose,
      pinned: pinned,
      pin: function (it) {
        try { localStorage.setItem(KEY, it); } catch (e) { /* then it holds for nothing: there is nowhere to keep it */ }
        failures = {};
        rewound = false;
      },
      use: function (it) { way = it; },
      now: function () { return way; },
      failed: function (it) { failures[it] = { at: Date.now(), count: failures[it] ? failures[it].count + 1 : 1 }; },
      /* The same, unless it is the last that is left. True if there is another. */
      leave: function (it) {
        var before = failures[it];
        this.failed(it);
        if (choose()) return true;
        failures[it] = before;
        return false;
      },
      forgive: function () { failures = {}; rewound = false; },
      /* The viewer wants to see what was: the instant stream has only now. */
      rewind: function (on) { rewound = on; },
      isRewound: function () { return rewound; },
      /* Another screen plays it: that takes an address, not what a script appends. */
      cast: function (on) { cast = on; }
    };
  }

  window.HearthLadder = Ladder;
}());

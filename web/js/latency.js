/* The box's time of day, to tell how far behind life a picture is. Asked for when it is needed, by the fastest of some answers. */
(function () {
  'use strict';
  var TRIES = 4, AGAIN = 60000;               /* answers; ms until it is asked anew */
  var offset = NaN, askedAt = -AGAIN;

  function ask(left, best) {
    var sent = performance.now();
    fetch('/api/v1/time', { cache: 'no-store' }).then(function (answer) { return answer.json(); }).then(function (time) {
      var back = performance.now(), took = back - sent;
      if (took < best) { best = took; offset = time.unix_ms - (sent + back) / 2; }
      if (left > 1) ask(left - 1, best);
    }, function () {});
  }

  /* Unix ms on the box's clock; NaN until it is known. */
  function now() {
    if (performance.now() - askedAt > AGAIN) { askedAt = performance.now(); ask(TRIES, Infinity); }
    return performance.now() + offset;
  }

  window.HearthLatency = {
    now: now,
    /* Seconds between then, ms on the box's clock, and now; NaN if either is not known. */
    since: function (then) { return (now() - then) / 1000; }
  };
}());

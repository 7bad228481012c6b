/*
 * Keeps a <video> a moment (the target) behind the end of what there is: a little faster or slower, by a jump where that would take
 * too long, and by waiting where there is too little. A stall makes the target longer; time without one makes it shorter again.
 *
 * Depth is what would be in hand right after something was appended: what is in hand now and the time since. It does not saw.
 */
(function () {
  'use strict';
  var TICK = 100;                             /* ms */
  var CREEP = Math.log(1 / .9) / 60000;       /* of the target goes with each ms without a stall: a tenth a minute */
  var NEARLY = .95;                           /* of the most is the most: from the first moment on it creeps */
  var SETTLE = 1000;                          /* so long after a beginning a wait for data is part of it, ms */

  /*
   * limits, seconds: least and most target, step (the longest usual time between appends), slack (how far off is near enough), jump
   * (how far behind the target playing faster takes too long); grow: what a stall does to the target, a factor; fast, quick and slow:
   * rates for far behind, behind, ahead.
   * say: stalled() after a stall with the target at its most, held(on) while it waits.
   */
  function Pace(video, limits, say) {
    var least = limits.least, target = least, before = target, mean = 0, end = 0, grownAt = 0, begunAt = 0, tickedAt = now();
    var begun = false, holding = false, free = false, ticker;

    function now() { return performance.now(); }
    function reach() { var all = video.buffered; return all.length ? all.end(all.length - 1) : 0; }
    function ahead() { return Math.max(0, reach() - video.currentTime); }
    function depth() { return ahead() + Math.min(limits.step, (now() - grownAt) / 1000); }
    function rate(to) { if (video.playbackRate !== to) video.playbackRate = to; }

    function hold(on) {
      if (holding === on) return;
      holding = on;
      mean = target;
      rate(on ? 0 : 1);
      if (say.held) say.held(on);
    }

    /* Something was appended. */
    function grown() {
      var edge = reach();
      if (!edge || edge === end) return;
      end = edge;
      grownAt = now();
      if (begun && !free && !video.paused) steer();
    }

    /* The picture begins here: with too little in hand its first one stands for a moment. */
    function begin() {
      begun = true;
      begunAt = grownAt = now();
      mean = target;
      end = reach();
      rate(1);
      if (depth() < target) hold(true);
    }

    function stop() { begun = false; hold(false); end = 0; }

    function steer() {
      if (holding) return;
      var deep = depth();
      if (deep > target + limits.jump) return live();
      mean += (deep - mean) * .3;
      var off = mean - target, is = video.playbackRate, slack = limits.slack;
      if (off > slack * 4) rate(limits.fast);
      else if (off > slack || (is > 1 && off > slack / 5)) rate(limits.quick);
      else if (off < -slack || (is < 1 && off < 0)) rate(limits.slow);
      else rate(1);
    }

    function live() {
      var all = video.buffered;
      if (!all.length) return;
      hold(false);
      mean = target;
      rate(1);
      video.currentTime = Math.max(all.start(all.length - 1), reach() - target);
    }

    /* The picture has caught up with what is there: waits until there is more than was enough so far. */
    function stalled() {
      if (!begun || free || holding || video.seeking || video.paused || depth() > target + limits.step) return;
      if (now() - begunAt > SETTLE) {
        if (target > limits.most * NEARLY) say.stalled();
        before = target;
        target = Math.min(limits.most, target * limits.grow);
      }
      hold(true);
    }

    function tick() {
      var gone = now() - tickedAt;
      tickedAt = now();
      if (holding) { if (depth() >= target || free) hold(false); return; }
      target = Math.max(least, target * Math.exp(-CREEP * Math.min(gone, 1000)));
    }

    video.addEventListener('waiting', stalled);
    ticker = setInterval(tick, TICK);
    return {
      grown: grown, begin: begin, stop: stop, live: live, ahead: ahead, depth: depth,
      target: function () { return target; },
      /* What is played says that it needs more than the least, or does no longer. */
      least: function (seconds) {
        least = Math.min(limits.most, Math.max(limits.least, seconds));
        target = Math.max(least, target);
      },
      isBegun: function () { return begun; },
      isHolding: function () { return holding; },
      /* The stall just before was not this way's fault. */
      forgive: function () { if (holding) target = before; },
      /* The viewer is where the viewer wants to be: no steering, no jumps. */
      free: function (on) { free = on; mean = target; rate(1); },
      destroy: function () { clearInterval(ticker); video.removeEventListener('waiting', stalled); rate(1); }
    };
  }

  window.HearthPace = Pace;
}());

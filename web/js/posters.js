/*
 * Posters: the last picture of each channel on its tile, and under the words where a player has no picture. A one-picture film is loaded
 * into a hidden video, drawn and let go of, because a page may hold only so many decoders; televisions have one, so they keep the letter.
 */
(function () {
  'use strict';
  var EVERY = 30000, AT_ONCE = 6, PATIENCE = 8000, WIDEST = 640;
  var TV = /Tizen|Web0S|webOS|SMART-?TV|HbbTV|NetCast|BRAVIA|VIERA|Roku|CrKey|GoogleTV|Android TV|\bAFT[A-Z]/i;
  var waiting = [], loading = 0;

  function isTv() {
    return TV.test(navigator.userAgent) || document.documentElement.classList.contains('tv') || document.body.classList.contains('tv');
  }

  /* The same address for everybody in the same half minute, so that the browser asks once. */
  function address(name, base) { return (base || '/live/' + name + '/') + 'poster.mp4?v=' + Math.floor(Date.now() / EVERY); }

  /* Calls done(video) with the picture in it, or done() without. */
  function load(name, base, done) {
    var video = document.createElement('video'), timer, over = false;
    function end(good) {
      if (over) return;
      over = true;
      clearTimeout(timer);
      done(good && video.videoWidth ? video : undefined);
      video.removeAttribute('src');
      video.load();
      loading -= 1;
      next();
    }
    loading += 1;
    timer = setTimeout(end, PATIENCE);
    video.muted = video.playsInline = true;
    video.preload = 'auto';
    video.addEventListener('loadeddata', function () { end(true); });
    video.addEventListener('timeupdate', function () { if (video.readyState > 1) end(true); });
    video.addEventListener('error', function () { end(false); });
    video.src = address(name, base);
    /* Phones that save power load nothing before they are told to play. */
    var played = video.play();
    if (played) played.catch(function () {});
  }

  function next() {
    while (loading < AT_ONCE && waiting.length) waiting.shift()();
  }

  function paint(video, canvas) {
    canvas.width = Math.min(WIDEST, video.videoWidth);
    canvas.height = Math.round(canvas.width * video.videoHeight / video.videoWidth);
    canvas.classList.toggle('tall', video.videoHeight > video.videoWidth);
    canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
  }

  /* Draws the last picture of `name` into `canvas`; a promise of whether there was one. */
  function draw(name, canvas, stillWanted, base) {
    return new Promise(function (resolve) {
      waiting.push(function () {
        if (stillWanted && !stillWanted()) return resolve(false);
        load(name, base, function (video) {
          var good = !!video && (!stillWanted || stillWanted());
          if (good) paint(video, canvas);
          resolve(good);
        });
      });
      next();
    });
  }

  /*
   * The last picture of `name` in `element`, a canvas or a box that gets one: for players without a picture. The canvas is shown once it
   * has one. Resolves to whether it has.
   */
  function still(name, element) {
    if (isTv()) return Promise.resolve(false);
    var canvas = element.tagName === 'CANVAS' ? element : element.querySelector('canvas.still');
    if (!canvas) {
      canvas = document.createElement('canvas');
      canvas.className = 'picture still';
      canvas.setAttribute('aria-hidden', 'true');
      canvas.hidden = true;
      element.insertBefore(canvas, element.firstChild);
    }
    var of = element.closest('[data-base]');
    return draw(name, canvas, null, of && of.dataset.base).then(function (good) {
      if (good) canvas.hidden = false;
      return good;
    });
  }

  /* Tiles. */

  function tiles(list) {
    var seen = new Set(), observer = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (!entry.isIntersecting) return seen.delete(entry.target);
        seen.add(entry.target);
        refresh(entry.target);
      });
    }, { rootMargin: '100px' });

    function refresh(tile) {
      var name = tile.dataset.name, box = tile.querySelector('.poster'), canvas = box.querySelector('canvas');
      if (document.hidden || tile.dataset.phase === 'starting' || !seen.has(tile) || !tile.isConnected) return;
      if (canvas && canvas.dataset.of === address(name, tile.dataset.base)) return;
      if (canvas && canvas.dataset.name !== name) { canvas.remove(); canvas = null; }
      if (!canvas) {
        canvas = document.createElement('canvas');
        canvas.className = 'picture';
        canvas.setAttribute('aria-hidden', 'true');
        canvas.dataset.name = name;
        canvas.hidden = true;
        box.insertBefore(canvas, box.querySelector('.live'));
      }
      canvas.dataset.of = address(name, tile.dataset.base);
      draw(name, canvas, function () { return seen.has(tile) && tile.isConnected && tile.dataset.name === name; }, tile.dataset.base).then(function (good) {
        if (good) canvas.hidden = false; else delete canvas.dataset.of;
      });
    }

    function adopt() {
      Array.prototype.forEach.call(list.children, function (tile) { if (tile.dataset.name) observer.observe(tile); });
      seen.forEach(function (tile) { if (!tile.isConnected) { seen.delete(tile); observer.unobserve(tile); } });
    }
    function all() { seen.forEach(refresh); }

    new MutationObserver(adopt).observe(list, { childList: true });
    document.addEventListener('visibilitychange', all);
    /* A channel that is about to begin has no picture yet: it is asked for again soon, and the others change every half minute. */
    setInterval(all, EVERY / 6);
    adopt();
  }

  window.hearthPosters = { still: still };
  if (isTv() || !window.IntersectionObserver) return;
  Array.prototype.forEach.call(document.querySelectorAll('.tiles'), tiles);
}());

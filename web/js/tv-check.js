/* Before anything else on a TV page: a browser without what it needs goes on to the page that needs nothing. ES5, and older. */
(function () {
  'use strict';
  var media = window.MediaSource || window.ManagedMediaSource || document.createElement('video').canPlayType('application/vnd.apple.mpegurl');
  var able = media && window.Promise && window.fetch && window.MutationObserver && window.CSS && window.CSS.supports && window.CSS.supports('(--a: 0)')
    && Element.prototype.closest && Element.prototype.append && 'content' in document.createElement('template');
  if (able) return;
  location.replace(location.pathname + '?tv=old');
}());

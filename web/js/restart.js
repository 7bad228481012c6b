/* The box starts anew: as soon as it answers again, there is the page to log in. */
(function () {
  'use strict';
  var EVERY = 1000, LEAST = 6000;       /* between questions; by then it has stopped at least, ms */
  var began = Date.now(), away = false;

  function ask() {
    fetch('/healthz', { cache: 'no-store' }).then(function (answer) {
      if (answer.ok && (away || Date.now() - began > LEAST)) location.replace('/login');
      else setTimeout(ask, EVERY);
    }, function () { away = true; setTimeout(ask, EVERY); });
  }
  ask();
}());

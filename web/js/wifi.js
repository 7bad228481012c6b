/*
 * The radio is at work. The way to the box may be gone meanwhile, for good if all goes well, so the words stay until the box answers:
 * then the page shows what became of it. For the browsers of captive pages, old ones too.
 */
(function () {
  'use strict';
  var EVERY = 4000, MOST = 3000;        /* until a question, longer than the box waits before it begins; for its answer, ms */

  function later() { setTimeout(ask, EVERY); }

  function ask() {
    var question = new XMLHttpRequest();
    question.open('HEAD', '/wifi');
    question.timeout = MOST;
    question.onload = function () { if (question.status === 200) location.replace('/wifi'); else later(); };
    question.onerror = question.ontimeout = later;
    question.send();
  }
  later();
}());

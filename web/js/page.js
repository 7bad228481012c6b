/* Small helps on pages with fields: show a password, show a key, copy. Without script the pages do without. */
(function () {
  'use strict';

  function each(selector, work) { Array.prototype.forEach.call(document.querySelectorAll(selector), work); }

  each('[data-eye]', function (button) {
    button.hidden = false;
    button.addEventListener('click', function () {
      var field = document.getElementById(button.getAttribute('data-eye'));
      var seen = field.type === 'password';
      field.type = seen ? 'text' : 'password';
      button.setAttribute('aria-pressed', seen);
      field.focus();
    });
  });

  each('[data-reveal]', function (link) {
    var code = document.getElementById(link.getAttribute('data-reveal'));
    var masked = code.textContent, words = [link.getAttribute('aria-label'), link.getAttribute('data-hide')];
    link.addEventListener('click', function (event) {
      event.preventDefault();
      var show = code.textContent === masked;
      code.textContent = show ? code.getAttribute('data-secret') : masked;
      link.setAttribute('aria-label', words[show ? 1 : 0]);
    });
  });

  /* How far this clock is ahead of UTC, minutes: the house's time is that of its owner's browser. */
  each('[data-offset]', function (field) { field.value = -new Date().getTimezoneOffset(); });

  /* Over plain HTTP there is no clipboard API: select and copy, the old way. */
  function copy(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    var area = document.createElement('textarea');
    area.value = text;
    area.setAttribute('readonly', '');
    area.className = 'vh';
    document.body.appendChild(area);
    area.select();
    var done = document.execCommand('copy');
    area.remove();
    return done ? Promise.resolve() : Promise.reject();
  }

  each('[data-copy]', function (button) {
    button.hidden = false;
    var label = button.getAttribute('aria-label'), timer;
    button.addEventListener('click', function () {
      var code = document.getElementById(button.getAttribute('data-copy'));
      copy(code.getAttribute('data-secret') || code.textContent).then(function () {
        button.focus();
        button.setAttribute('aria-label', document.getElementById('main').getAttribute('data-copied'));
        button.classList.add('is-copied');
        clearTimeout(timer);
        timer = setTimeout(function () {
          button.setAttribute('aria-label', label);
          button.classList.remove('is-copied');
        }, 2000);
      }, function () { code.focus(); });
    });
  });
}());

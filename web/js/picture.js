/*
 * A picture for an account or a channel: made small here, because the box takes 48 KiB at most, and sent as it is. The element with
 * `data-picture` (where to) holds a file field, the avatar, the form token and the words for a picture that can't be read.
 */
(function () {
  'use strict';
  var SIDE = 256, MOST = 48 * 1024;      /* pixels, bytes */
  var QUALITIES = [0.85, 0.7, 0.5, 0.3];

  /* CSP allows no blob: pictures, so bitmaps come first; old browsers have a data: URL. */
  function bitmap(file) {
    if (window.createImageBitmap) return window.createImageBitmap(file);
    return new Promise(function (done, fail) {
      var reader = new FileReader();
      reader.onerror = fail;
      reader.onload = function () {
        var image = new Image();
        image.onload = function () { done(image); };
        image.onerror = fail;
        image.src = reader.result;
      };
      reader.readAsDataURL(file);
    });
  }

  /* The middle square, scaled. */
  function square(image) {
    var side = Math.min(image.width, image.height), canvas = document.createElement('canvas');
    canvas.width = canvas.height = Math.min(SIDE, side);
    canvas.getContext('2d').drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  /* WebP where the browser writes it, else JPEG; worse until it fits. */
  function packed(canvas, at) {
    return new Promise(function (done) { canvas.toBlob(done, 'image/webp', QUALITIES[at]); }).then(function (blob) {
      if (blob && blob.type === 'image/webp') return blob;
      return new Promise(function (done) { canvas.toBlob(done, 'image/jpeg', QUALITIES[at]); });
    }).then(function (blob) {
      if (!blob) throw new Error('unreadable');
      return blob.size <= MOST || at + 1 === QUALITIES.length ? blob : packed(canvas, at + 1);
    });
  }

  function send(box, blob) {
    return fetch(box.dataset.picture, { method: 'PUT', body: blob, redirect: 'error', headers: { 'Content-Type': blob.type, 'X-Hearth-Token': box.dataset.token } })
      .then(function (answer) {
        if (answer.ok) return;
        return answer.json().then(function (problem) { throw problem; });
      });
  }

  Array.prototype.forEach.call(document.querySelectorAll('[data-picture]'), function (box) {
    var field = box.querySelector('input[type=file]'), said = document.getElementById('picture-error');
    box.querySelector('label').hidden = false;
    field.addEventListener('change', function () {
      if (!field.files.length) return;
      said.hidden = true;
      bitmap(field.files[0])
        .then(function (image) { return packed(square(image), 0); }, function () { throw { error: box.dataset.unreadable }; })
        .then(function (blob) { return send(box, blob); })
        .then(function () { location.assign(box.dataset.after); }, function (problem) {
          said.textContent = problem.error || box.dataset.unreadable;
          said.hidden = false;
          field.value = '';
        });
    });
  });
}());

/* The channel's settings: the pass-phrase's field where it is meant, and the picture, made small before it is sent. */
(function () {
  'use strict';
  var main = document.querySelector('[data-channel]'), form = main.querySelector('form'), field = document.getElementById('phrase-field');
  var file = document.getElementById('file'), image = main.querySelector('.cover-preview'), error = document.getElementById('picture-error');
  var WIDTH = 960, HEIGHT = 540, MOST = 48 * 1024, QUALITIES = [.85, .7, .5, .3];   /* pixels, bytes */
  var token = document.querySelector('meta[name="form-token"]').content;

  function asked() {
    field.hidden = form.elements.visibility.value !== 'phrase';
    form.elements.phrase.disabled = field.hidden;
  }
  form.addEventListener('change', asked);
  asked();

  /* The middle of it in the shape of a stream, no larger than it is. */
  function scaled(picture) {
    var scale = Math.max(WIDTH / picture.width, HEIGHT / picture.height), canvas = document.createElement('canvas');
    var less = Math.min(1, 1 / scale), w = WIDTH / scale, h = HEIGHT / scale;
    canvas.width = Math.max(1, Math.round(WIDTH * less));
    canvas.height = Math.max(1, Math.round(HEIGHT * less));
    canvas.getContext('2d').drawImage(picture, (picture.width - w) / 2, (picture.height - h) / 2, w, h, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  function half(canvas) {
    var less = document.createElement('canvas');
    less.width = Math.ceil(canvas.width / 2);
    less.height = Math.ceil(canvas.height / 2);
    less.getContext('2d').drawImage(canvas, 0, 0, less.width, less.height);
    return less;
  }

  /* Worse until it fits; what is all leaves and gravel does not, and gets smaller. */
  function packed(canvas, at) {
    return new Promise(function (done) { canvas.toBlob(done, 'image/jpeg', QUALITIES[at]); }).then(function (blob) {
      if (!blob) throw {};
      if (blob.size <= MOST) return blob;
      return at + 1 < QUALITIES.length ? packed(canvas, at + 1) : packed(half(canvas), 0);
    });
  }

  document.getElementById('choose').hidden = !window.createImageBitmap;
  file.addEventListener('change', function () {
    var chosen = file.files[0];
    if (!chosen) return;
    error.hidden = true;
    createImageBitmap(chosen).then(function (picture) { return packed(scaled(picture), 0); }).then(function (blob) {
      return fetch('/api/v1/channels/' + main.dataset.channel + '/picture', { method: 'PUT', headers: { 'Content-Type': blob.type, 'X-Hearth-Token': token }, body: blob });
    }).then(function (answer) {
      return answer.json().then(function (json) { if (!answer.ok) throw json; return json; });
    }).then(function (answer) {
      image.src = answer.picture;
      image.hidden = false;
      document.getElementById('unpicture').hidden = false;
    }).catch(function (problem) {
      error.textContent = problem && problem.error || main.dataset.failed;
      error.hidden = false;
    }).then(function () { file.value = ''; });
  });
}());

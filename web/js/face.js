/* A person's picture in their circle, or their letter. */
window.hearthFace = function (avatar, person) {
  'use strict';
  var image = avatar.querySelector('img');
  if (!person.picture) {
    if (image || avatar.textContent !== person.letter) avatar.textContent = person.letter;
    return;
  }
  if (image && image.getAttribute('src') === person.picture) return;
  avatar.textContent = '';
  image = document.createElement('img');
  image.alt = '';
  image.src = person.picture;
  avatar.appendChild(image);
};

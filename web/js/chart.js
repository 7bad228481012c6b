/* Small charts over time as SVG: attributes only, so that they live under a strict policy. The newest second is at the right edge. */
(function () {
  'use strict';
  var SVG = 'http://www.w3.org/2000/svg', WIDE = 300, HIGH = 88, SECONDS = 120;

  function draw(parent, kind, attributes) {
    var node = document.createElementNS(SVG, kind);
    Object.keys(attributes).forEach(function (name) { node.setAttribute(name, attributes[name]); });
    parent.appendChild(node);
    return node;
  }

  function at(values, index) { return WIDE - (values.length - 1 - index) * WIDE / (SECONDS - 1); }

  /* values: one a second. options: top (what the upper edge stands for), goal (a dashed line), bad (for each second, how much of the
     height is a bar at the foot, 0 to 1), said (for those who do not see it). */
  function chart(figure, values, options) {
    var top = options.top || 1, y = function (value) { return (HIGH - Math.min(1, value / top) * (HIGH - 4)).toFixed(1); };
    var old = figure.querySelector('svg'), svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', '0 0 ' + WIDE + ' ' + HIGH);
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', options.said);
    var line = values.map(function (value, i) { return (i ? 'L' : 'M') + at(values, i).toFixed(1) + ' ' + y(value); }).join(' ');
    if (values.length > 1) draw(svg, 'path', { 'class': 'area', d: line + ' L' + WIDE + ' ' + HIGH + ' L' + at(values, 0).toFixed(1) + ' ' + HIGH + 'Z' });
    (options.bad || []).forEach(function (share, i) {
      if (share > 0) draw(svg, 'rect', { 'class': 'bar-bad', x: (at(values, i) - 1.25).toFixed(1), y: (HIGH - share * HIGH).toFixed(1), width: 2.5, height: (share * HIGH).toFixed(1) });
    });
    if (options.goal) draw(svg, 'path', { 'class': 'goal', d: 'M0 ' + y(options.goal) + 'h' + WIDE });
    if (values.length > 1) draw(svg, 'path', { 'class': 'line', d: line });
    draw(svg, 'path', { 'class': 'base', d: 'M0 ' + HIGH + 'h' + WIDE });
    if (old) figure.replaceChild(svg, old); else figure.appendChild(svg);
  }

  window.HearthChart = chart;
}());

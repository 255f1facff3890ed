// Where the terms of a map go: one band for each section, in it rows in the order of the text.

const GAP = 16, ROW = 30, PAD = 18, SWEEPS = 4;

// `boxes` have width, height, section, at (their place in the text); each gets x and y, its upper left corner.
// Return the bands {section, y, height} and the height of all.
export function layOut(boxes, links, left, width) {
  const bands = [];
  let y = 0;
  for (const section of [...new Set(boxes.map(box => box.section))].sort((a, b) => a - b)) {
    const rows = rowsOf(boxes.filter(box => box.section === section), width - 2 * PAD);
    const top = y;
    y += PAD;
    for (const row of rows) {
      const tallest = Math.max(...row.map(box => box.height));
      for (const box of row) box.y = y + (tallest - box.height) / 2;
      y += tallest + ROW;
    }
    y += PAD - ROW;
    bands.push({ section, y: top, height: y - top, rows });
    y += GAP / 2;
  }
  const rows = bands.flatMap(band => band.rows);
  for (const row of rows) spread(row, left, width);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1)
    for (const row of rows) draw(row, boxes, links, left, width);
  return { bands, height: y };
}

function rowsOf(boxes, width) {
  const ordered = [...boxes].sort((a, b) => a.at - b.at);
  const whole = ordered.reduce((sum, box) => sum + box.width + GAP, 0);
  const aim = whole / Math.ceil(whole / (width * 0.86));  // rows of even length
  const rows = [[]];
  let used = 0;
  for (const box of ordered) {
    const over = used + box.width > width || (used + box.width / 2 > aim && rows.length < Math.ceil(whole / aim));
    if (used && over) { rows.push([]); used = 0; }
    rows.at(-1).push(box);
    used += box.width + GAP;
  }
  return rows;
}

function spread(row, left, width) {
  const free = width - row.reduce((sum, box) => sum + box.width, 0);
  let x = left;
  for (const box of row) {
    x += free / (row.length + 1);
    box.x = x;
    x += box.width;
  }
}

// Bring each box of a row nearer to those it is linked to in other rows, by its turn in the row.
function draw(row, boxes, links, left, width) {
  const wish = new Map(row.map(box => {
    const others = links.flatMap(({ one, other }) => boxes[one] === box ? [boxes[other]] : boxes[other] === box ? [boxes[one]] : []);
    const outside = others.filter(each => !row.includes(each)).map(each => each.x + each.width / 2);
    const own = box.x + box.width / 2;
    return [box, outside.length ? (own + outside.reduce((a, b) => a + b) / outside.length) / 2 : own];
  }));
  row.sort((a, b) => wish.get(a) - wish.get(b));
  spread(row, left, width);
}

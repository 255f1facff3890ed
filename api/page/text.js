// A document's text. The server counts code points, JavaScript counts UTF-16 units.

export class Text {
  constructor(string) {
    this.string = string;
    this.astral = [];  // the code points that take two units, ascending
    let point = 0;
    if (/[\ud800-\udbff]/.test(string))
      for (const character of string) {
        if (character.length === 2) this.astral.push(point);
        point += 1;
      }
  }

  get points() {
    return this.string.length - this.astral.length;
  }

  unit(point) {
    let low = 0, high = this.astral.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.astral[middle] < point) low = middle + 1;
      else high = middle;
    }
    return point + low;
  }

  slice(start, end) {
    return this.string.slice(this.unit(start), this.unit(end));
  }

  // Where to part the text so that a browser lays out only what it shows: after lines, about `size` units each.
  blocks(size = 1500) {
    const ends = [];
    for (let at = 0; at < this.string.length;) {
      const line = this.string.indexOf("\n", at + size);
      const far = at + 8 * size;
      const end = line < 0 || line > far ? this.sentenceEnd(far) : line + 1;
      ends.push(at = Math.min(end, this.string.length));
    }
    return ends;
  }

  // A line of a whole book has to be parted somewhere: after a sentence, if there is one near.
  sentenceEnd(at) {
    if (at >= this.string.length) return this.string.length;
    const before = this.string.slice(at - 2000, at);
    const end = Math.max(...["。", "！", "？", " "].map(mark => before.lastIndexOf(mark))) + 1;
    const cut = end ? at - 2000 + end : at;
    return /[\udc00-\udfff]/.test(this.string[cut]) ? cut + 1 : cut;
  }
}

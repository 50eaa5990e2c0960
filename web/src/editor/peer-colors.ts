// Black or white, whichever can be read on a peer's colour.

function linear(channel: number): number {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** The relative luminance of WCAG. */
function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => linear(parseInt(color.slice(at, at + 2), 16)));
  return 0.2126 * (red as number) + 0.7152 * (green as number) + 0.0722 * (blue as number);
}

const EQUAL_CONTRAST_LUMINANCE = 0.179;

export function inkOn(color: string): string {
  return luminance(color) > EQUAL_CONTRAST_LUMINANCE ? '#000000' : '#ffffff';
}

/** Numbers of a JSON text that a double cannot hold: they would be stored as other numbers. */

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[{}[\],:]/g;

/** Paths (`metadata.ids[2]`) of numbers that change when read as a double. `json` must be valid. */
export function lossyNumbers(json: string): readonly string[] {
  const found: string[] = [];
  // One entry for each open object (the name at hand) or list (the index at hand).
  const place: (string | number)[] = [];
  let before = "";
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === "[") place.push(0);
    else if (token === "{") place.push("");
    else if (token === "]" || token === "}") place.pop();
    else if (token === ",") {
      const last = place.pop();
      place.push(typeof last === "number" ? last + 1 : "");
    } else if (token === ":") {
      place.pop();
      place.push(JSON.parse(before));
    } else if (!token.startsWith('"') && !survives(token)) {
      found.push(
        place
          .map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`))
          .join("")
          .replace(/^\./, ""),
      );
    }
    before = token;
  }
  return found;
}

function survives(number: string): boolean {
  return canonical(number) === canonical(String(Number(number)));
}

/** Significant digits and exponent, so that `1.50e1` equals `15`. undefined for what is no decimal number. */
function canonical(number: string): string | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(number);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

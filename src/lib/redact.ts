/** Takes secrets out of text that goes to logs, terminals and clients. */

const MASK = "***";
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@"]*:)[^\s/"]*@/gi;
const QUERY_PASSWORD = /([?&]password=)[^\s&"]*/gi;

/** Masks passwords in URLs and every occurrence of the given secrets. */
export function createRedactor(secrets: readonly string[] = []): (text: string) => string {
  const known = secrets.filter((secret) => secret !== "").sort((a, b) => b.length - a.length);
  return (text) =>
    known
      .reduce((masked, secret) => masked.replaceAll(secret, MASK), text)
      .replace(URL_PASSWORD, `$1${MASK}@`)
      .replace(QUERY_PASSWORD, `$1${MASK}`);
}

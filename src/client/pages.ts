/** Everything a paged method has, page after page. */
export async function* pages<Answer extends { readonly nextPageToken: string }>(
  fetchPage: (page: { pageSize: number; pageToken: string }) => Promise<Answer>,
): AsyncGenerator<Answer> {
  let pageToken = "";
  do {
    const answer = await fetchPage({ pageSize: 1000, pageToken });
    yield answer;
    pageToken = answer.nextPageToken;
  } while (pageToken !== "");
}

/** The items of all pages in one list. */
export async function allPages<Answer extends { readonly nextPageToken: string }, Item>(
  fetchPage: (page: { pageSize: number; pageToken: string }) => Promise<Answer>,
  itemsOf: (answer: Answer) => readonly Item[],
): Promise<Item[]> {
  const items: Item[] = [];
  for await (const answer of pages(fetchPage)) items.push(...itemsOf(answer));
  return items;
}

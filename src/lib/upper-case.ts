/** `toUpperCase` that the types can follow: `running` becomes `RUNNING`. */
export function upperCase<Text extends string>(text: Text): Uppercase<Text> {
  return text.toUpperCase() as Uppercase<Text>;
}

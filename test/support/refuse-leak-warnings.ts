/** Node.js warns of listeners that pile up; with this it fails the test file instead. */
process.on("warning", (warning) => {
  if (warning.name === "MaxListenersExceededWarning") throw warning;
});

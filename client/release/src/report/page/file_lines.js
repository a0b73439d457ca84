// A file's hunks as rows.

const isUnexplained = (row) => row !== undefined && (row.sign === "+" || row.sign === "-") && row.commit === undefined;

/** Whether a row is the first of neighbouring lines with the same origin. */
const isRunStart = (rows, index) => rows[index].commit !== undefined && rows[index - 1]?.commit !== rows[index].commit;

/** A file's hunks as rows: headers and lines with numbers and origins. */
function fileLines({ hunks }) {
  const RUN = 4;
  const rows = [];
  for (const { at, section, body, runs } of hunks) {
    let [old, , current] = at;
    rows.push({ kind: "hunk", text: `@@ −${at[0]},${at[1]} +${at[2]},${at[3]} @@ ${section}` });
    let run = 0;
    let left = runs[0];
    for (const line of body.slice(0, -1).split("\n")) {
      const sign = line[0];
      if (sign === "\\") {
        rows.push({ kind: "remark", sign: "", text: line });
        continue;
      }
      const row = { kind: "line", sign, text: line.slice(1) };
      if (sign !== "+") row.old = old++;
      if (sign !== "-") row.new = current++;
      if (sign !== " ") {
        while (left === 0) left = runs[(run += RUN)];
        left -= 1;
        if (runs[run + 1] >= 0) Object.assign(row, { commit: runs[run + 1], confidence: runs[run + 2], match: runs[run + 3] });
      }
      rows.push(row);
    }
  }
  return rows;
}

/** Columns of the longest line, with tabs every eight. */
function longestLine(rows) {
  let longest = 0;
  for (const { text } of rows) {
    let columns = 0;
    for (const character of text) columns += character === "\t" ? 8 - (columns % 8) : 1;
    longest = Math.max(longest, columns);
  }
  return longest;
}

// How numbers and kinds are said.

const STATUSES = ["complete", "partial", "implied"];
const STATUS_MEANINGS = [
  "all of it is in the release",
  "a part of it is in the release",
  "superseded: a present commit edits lines that only this commit could have put there",
];
const MATCH_KINDS = ["", "exact", "changes", "normalized", "partial", "fuzzy", "implied"];

/** Classes of confidence in thousandths, the surest first. */
const CONFIDENCES = [
  { from: 900, name: "0.9 and more" },
  { from: 700, name: "0.7 to 0.9" },
  { from: 500, name: "0.5 to 0.7" },
  { from: 0, name: "below 0.5" },
];
const confidenceClass = (thousandths) => CONFIDENCES.findIndex(({ from }) => thousandths >= from);

/** Classes of the share explained, the largest first. */
const SHARES = [
  { from: 0.9, name: "90 % and more" },
  { from: 0.75, name: "75 to 90 %" },
  { from: 0.5, name: "50 to 75 %" },
  { from: 0.25, name: "25 to 50 %" },
  { from: 0, name: "below 25 %" },
];
const shareClass = (share) => SHARES.findIndex(({ from }) => share >= from);

const numberFormat = new Intl.NumberFormat("en");
const number = (value) => numberFormat.format(value);

/** "1 commit", "1,234 commits". */
const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

/** A share of 0 to 1 in percent; only all is 100 % and only nothing is 0 %. */
function percent(share) {
  const tenths = Math.round(share * 1000);
  const shown = share < 1 ? Math.min(tenths, 999) : tenths;
  if (share > 0 && shown === 0) return "< 0.1 %";
  return `${(shown / 10).toFixed(shown === 0 || shown === 1000 ? 0 : 1)} %`;
}

const confidenceText = (thousandths) => (thousandths / 1000).toFixed(2);
const shareOf = ({ explained, changed }) => (changed === 0 ? 1 : explained / changed);
const releaseText = (release) => release || "no release yet";
const subsystemText = (subsystem) => subsystem || "not known";
const shortId = (commit) => commit.slice(0, 12);

/** The release that a candidate leads to: v3.0-rc2 to v3.0. */
const releaseCycle = (release) => release.replace(/-rc\d+$/, "");

/** What shows of a highlight, a line, a drawing that brings no appearance: made from what it says, as viewers do, where it says. */

import { paint } from "./appearances.js";
import { drawing } from "./filters.js";

const ROUND = 0.5523; // how far the handles of four curves stand that make an ellipse

/** @typedef {{wide: number, numbers: (key: string) => number[], lists: (key: string) => number[][]}} Asked what a mark says of itself */
/** @typedef {{points: number[], path: string, filled?: boolean, closed?: boolean}} Made */
/** @typedef {[number, number]} Point */

/** @type {Record<string, (asked: Asked) => Made>} */
const MARKS = { Highlight: highlight, Underline: rule(0.1), Squiggly: rule(0.1), StrikeOut: rule(0.5), Ink: ink, Line: line, PolyLine: polyline, Polygon: polygon, Square: square, Circle: circle };

/** @param {import("./source.js").Source} source @param {import("./values.js").Dictionary} annotation @returns {import("./values.js").Stream | null} */
export function markOf(source, annotation) {
  const draw = MARKS[source.name(annotation.get("Subtype"))];
  const wide = widthOf(source, annotation);
  const made = draw && draw({ wide, numbers: (key) => source.numbers(annotation.get(key)), lists: (key) => source.array(annotation.get(key)).map((held) => source.numbers(held)) });
  if (!made || !made.path) return null;
  const [stroke, fill] = [paint(source.numbers(annotation.get("C")), true), paint(source.numbers(annotation.get(made.filled ? "C" : "IC")), false)];
  const opacity = source.get(annotation.get("CA"));
  const operator = made.filled ? (fill ? "f" : "") : made.closed && fill ? (stroke && wide ? "B" : "f") : stroke && wide ? "S" : "";
  if (!operator) return null;
  const [xs, ys] = [0, 1].map((axis) => made.points.filter((_, place) => place % 2 === axis));
  const box = [Math.min(...xs) - wide, Math.min(...ys) - wide, Math.max(...xs) + wide, Math.max(...ys) + wide];
  return drawing(box, `/Mark gs ${stroke} ${fill} ${wide} w ${made.path} ${operator}`, {
    ExtGState: { Mark: { BM: made.filled ? "/Multiply" : "/Normal", ...(typeof opacity === "number" ? { CA: opacity, ca: opacity } : {}) } },
  });
}

/** @param {import("./source.js").Source} source @param {import("./values.js").Dictionary} annotation @returns {number} */
function widthOf(source, annotation) {
  const style = source.get(source.dictionary(annotation.get("BS")).get("W"));
  const border = source.array(annotation.get("Border")).map((held) => source.get(held))[2];
  if (typeof style === "number") return style;
  return typeof border === "number" ? border : 1;
}

/** @param {number[]} points @returns {number[][]} left, bottom, right, top of each marked stretch */
function stretches(points) {
  return Array.from({ length: Math.floor(points.length / 8) }, (_, at) => {
    const corners = points.slice(8 * at, 8 * at + 8);
    const [xs, ys] = [0, 1].map((axis) => corners.filter((_, place) => place % 2 === axis));
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  });
}

/** @type {(asked: Asked) => Made} */
function highlight({ numbers }) {
  const points = numbers("QuadPoints");
  return { points, filled: true, path: stretches(points).map(([left, bottom, right, top]) => `${left} ${bottom} ${right - left} ${top - bottom} re`).join(" ") };
}

/** @param {number} share of the height at which it runs @returns {(asked: Asked) => Made} */
function rule(share) {
  return ({ numbers }) => {
    const points = numbers("QuadPoints");
    return { points, path: stretches(points).map(([left, bottom, right, top]) => joint([left, bottom + (top - bottom) * share, right, bottom + (top - bottom) * share])).join(" ") };
  };
}

/** @param {number[]} points @returns {string} the path through them */
function joint(points) {
  return Array.from({ length: Math.floor(points.length / 2) }, (_, at) => `${points[2 * at]} ${points[2 * at + 1]} ${at ? "l" : "m"}`).join(" ");
}

/** @type {(asked: Asked) => Made} */
function ink({ lists }) {
  return { points: lists("InkList").flat(), path: lists("InkList").map(joint).join(" ") };
}

/** @type {(asked: Asked) => Made} */
function line({ numbers }) {
  return { points: numbers("L"), path: joint(numbers("L")) };
}

/** @type {(asked: Asked) => Made} */
function polyline({ numbers }) {
  return { points: numbers("Vertices"), path: joint(numbers("Vertices")) };
}

/** @type {(asked: Asked) => Made} */
function polygon({ numbers }) {
  return { points: numbers("Vertices"), closed: true, path: `${joint(numbers("Vertices"))} h` };
}

/** @type {(asked: Asked) => Made} */
function square({ numbers, wide }) {
  const [left, bottom, right, top] = within(numbers("Rect"), wide);
  return { points: numbers("Rect"), closed: true, path: `${left} ${bottom} ${right - left} ${top - bottom} re` };
}

/** The edge is drawn within the rectangle. @param {number[]} rectangle @param {number} wide */
function within([left, bottom, right, top], wide) {
  return [left + wide / 2, bottom + wide / 2, right - wide / 2, top - wide / 2];
}

/** @type {(asked: Asked) => Made} */
function circle({ numbers, wide }) {
  const [left, bottom, right, top] = within(numbers("Rect"), wide);
  const [x, y, a, b] = [(left + right) / 2, (bottom + top) / 2, (right - left) / 2, (top - bottom) / 2];
  /** @param {Point} from @param {Point} by @param {Point} to */
  const curve = ([x1, y1], [x2, y2], [x3, y3]) => `${x + a * x1} ${y + b * y1} ${x + a * x2} ${y + b * y2} ${x + a * x3} ${y + b * y3} c`;
  /** @type {[Point, Point, Point][]} */
  const quarters = [[[1, ROUND], [ROUND, 1], [0, 1]], [[-ROUND, 1], [-1, ROUND], [-1, 0]], [[-1, -ROUND], [-ROUND, -1], [0, -1]], [[ROUND, -1], [1, -ROUND], [1, 0]]];
  return { points: numbers("Rect"), closed: true, path: `${right} ${y} m ${quarters.map((points) => curve(...points)).join(" ")} h` };
}

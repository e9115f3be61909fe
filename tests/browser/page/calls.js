// What both generations send in the same way.

import { demand } from "./rules.js";

export async function read(address) {
  return (await fetch(address)).json();
}

export function post(address, body) {
  const headers = { "Content-Type": "application/json" };
  return fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
}

// The body is read as JSON before the status is looked at.
export async function login(password) {
  const answer = await post("/api/auth/login", { password });
  const { message } = await answer.json();
  return { isRight: answer.ok, message };
}

// The sync button: a server action of Next's, whose answer is rows of React's wire format.
export async function callServerAction() {
  const headers = {
    Accept: "text/x-component",
    "Next-Action": "7f9d2f6a0c1f4e6b8a3c5d7e9f1b2a4c6d8e0f1a2b",
    "Next-Router-State-Tree": encodeURIComponent('["",{}]'),
    "Content-Type": "text/plain;charset=UTF-8",
  };
  const answer = await fetch(location.pathname, { method: "POST", headers, body: "[]" });
  demand(answer.headers.get("Content-Type").startsWith("text/x-component"), "no server action");
  const rows = new Map();
  for (const row of (await answer.text()).trimEnd().split("\n")) {
    const [id] = row.split(":", 1);
    rows.set(id, row.slice(id.length + 1));
  }
  const reference = JSON.parse(rows.get("0")).a; // "$@1": what row 1 says
  const said = rows.get(reference.slice(2));
  if (said.startsWith("E")) throw new Error(JSON.parse(said.slice(1)).digest);
  return JSON.parse(said);
}

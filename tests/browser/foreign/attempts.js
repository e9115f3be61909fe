// What another site can make a visitor's browser do to the gallery.

const json = { "Content-Type": "application/json" };
const asText = { "Content-Type": "text/plain" };

const send = (url, further) =>
  fetch(url, { method: "POST", credentials: "include", ...further }).then(
    (answer) => answer.status,
    () => "not answered",
  );

window.attempts = {
  fetch: (url, body) => send(url, { headers: json, body }),
  simple: (url, body) => send(url, { mode: "no-cors", headers: asText, body }),
  action: (url, body) => send(url, { headers: { ...asText, "Next-Action": "x" }, body }),
};

// A form whose only field is, with the "=" between name and value, the JSON; it leaves the page.
window.attempts.form = (url, body) => {
  const form = document.body.appendChild(document.createElement("form"));
  Object.assign(form, { method: "POST", enctype: "text/plain", action: url });
  const field = form.appendChild(document.createElement("input"));
  field.name = `${body.slice(0, -1)}, "further": "`;
  field.value = '"}';
  form.submit();
};

window.readPublicJson = (url) => fetch(url).then((answer) => answer.json());

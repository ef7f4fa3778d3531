// Prints the transcripts of the conversations whose names contain a text: `node differential/show.mjs TEXT [COMMAND]`.

import { conversations, play } from "./conversation.mjs";
import "./conversations/index.mjs";
import { driverOf, NODE } from "./driver.mjs";

const [text = "", command] = process.argv.slice(2);
for (const conversation of conversations.filter(({ name }) => name.includes(text))) {
  const { streams, complaints } = await play(conversation, command ? driverOf(command) : NODE);
  console.log(`\n### ${conversation.name} (${conversation.row})`);
  for (const { title, lines } of streams) console.log([`@ ${title}`, ...lines.map((line) => `    ${line}`)].join("\n"));
  if (complaints) console.log(complaints);
}

// The publish dialogue on loopback: from the handshake's first byte to NetStream.Publish.Start.
import { sleep, until } from "../tests/browser/lib/check.mjs";
import { Hearth } from "../tests/browser/lib/daemon.mjs";
import { Publisher } from "../tests/browser/lib/rtmp.mjs";
import { bench, median } from "./table.mjs";

const ROUNDS = 30, TARGET = 10;

await bench("Publish dialogue", async (cleanup) => {
  const hearth = await Hearth.prepare(cleanup);
  const key = await hearth.addUser("anna", { owner: true });
  await hearth.start();
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    const publisher = await Publisher.open({ port: hearth.rtmp, key });
    times.push(publisher.dialogueMs);
    publisher.finish();
    await until("the server closes", 5, () => publisher.closed, 5);
    publisher.destroy();
    await sleep(30);
  }
  return [
    { what: `median of ${ROUNDS}`, target: `≤ ${TARGET} ms`, measured: `${median(times).toFixed(2)} ms`, ok: median(times) <= TARGET },
    { what: "longest (the first reserves numbers durably)", measured: `${Math.max(...times).toFixed(2)} ms` },
  ];
});

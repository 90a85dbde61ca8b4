/**
 * Publishers, subscribers for whom they wait, and one that they may lap.
 *
 * @module
 */
import { type Overrun, Publisher, Subscriber, type SubscriberOptions } from "@isthmus/ipc";
import { EVENT } from "../event.ts";
import { judgeTopic } from "../judges/judge-topic.ts";
import { receiveRecords } from "../roles/receive.ts";
import { sendRecords } from "../roles/send.ts";
import { structWire } from "../roles/struct-wire.ts";
import type { Part, Stage } from "../stage.ts";
import type { Stand } from "../stand.ts";

const NAME = "topic";
const { schema, capacityBytes } = structWire;
const OPTIONS = { schema, capacityBytes, maxPublishers: 30 } as const;
type Joining = Pick<SubscriberOptions<typeof schema>, "onSlow" | "from">;

/** Two publishers and subscribers of all kinds. Nobody goes on where another one has stopped. */
export const topicStage: Stage = {
  name: NAME,
  parts: [
    {
      role: "publisher",
      count: 2,
      rank: 0,
      play: (stand) => sendRecords(stand, structWire, () => Publisher.createOrOpen(NAME, OPTIONS)),
    },
    subscriberPart("gating", { onSlow: "gate" }),
    subscriberPart("historian", { onSlow: "gate", from: "history" }),
    subscriberPart("lapped", { onSlow: "lap" }),
  ],
  judge: (testimonies) => judgeTopic(testimonies, ["lapped"]),
};

function subscriberPart(role: string, joining: Joining): Part {
  const play = (stand: Stand): Promise<void> =>
    receiveRecords(stand, {
      wire: structWire,
      open: () => join(stand, joining),
      isLeaving: true,
      isSlow: joining.onSlow === "lap",
    });
  return { role, count: 1, rank: 1, play };
}

function join(stand: Stand, joining: Joining): Subscriber<typeof schema> {
  let told = 0;
  const onLapped = ({ lost }: Overrun): void => {
    told += lost;
    stand.note(EVENT.lapsed, told);
  };
  return Subscriber.createOrOpen(NAME, { ...OPTIONS, ...joining, onLapped });
}

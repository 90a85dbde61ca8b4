/**
 * Publishers, gating subscribers, for which they wait, and one that they may lap.
 *
 * @module
 */
import { type Overrun, Publisher, Subscriber, type SubscriberOptions } from "@isthmus/ipc";
import { EVENT } from "../evidence.ts";
import { judgeTopic } from "../judges/topic.ts";
import type { Participant } from "../participant.ts";
import type { Role, Scenario } from "../scenario.ts";
import { receiveRecords } from "./receive.ts";
import { sendRecords } from "./send.ts";
import { structWire } from "./wire.ts";

const NAME = "topic";
const { schema, capacityBytes } = structWire;
const OPTIONS = { schema, capacityBytes, maxPublishers: 30 } as const;
type Joining = Pick<SubscriberOptions<typeof schema>, "onSlow" | "from">;

/** Two publishers, and a subscriber of each kind. */
export const topicScenario: Scenario = {
  name: NAME,
  roles: [
    {
      name: "publisher",
      count: 2,
      rank: 0,
      play: (participant) =>
        sendRecords(participant, structWire, () => Publisher.createOrOpen(NAME, OPTIONS)),
    },
    subscriberRole("gating", { onSlow: "gate" }),
    subscriberRole("historian", { onSlow: "gate", from: "history" }),
    subscriberRole("lapped", { onSlow: "lap" }),
  ],
  judge: (evidence) => judgeTopic(evidence, ["lapped"]),
};

function subscriberRole(name: string, joining: Joining): Role {
  const play = (participant: Participant): Promise<void> =>
    receiveRecords(participant, {
      wire: structWire,
      open: () => join(participant, joining),
      isSlow: joining.onSlow === "lap",
    });
  return { name, count: 1, rank: 1, play };
}

function join(participant: Participant, joining: Joining): Subscriber<typeof schema> {
  let told = 0;
  const onLapped = ({ lost }: Overrun): void => {
    told += lost;
    participant.note(EVENT.overrun, told);
  };
  return Subscriber.createOrOpen(NAME, { ...OPTIONS, ...joining, onLapped });
}

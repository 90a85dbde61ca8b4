/**
 * A directory of named memory for one test of listing.
 *
 * @module
 */
import { Home as PlainHome } from "../../sync/support/home.ts";

/** A directory in which this process's own pipes and socket do not count. */
export class Home extends PlainHome {
  override files(): string[] {
    return super.files().filter((name) => !/^\.(bell|life|wake)-/.test(name));
  }
}

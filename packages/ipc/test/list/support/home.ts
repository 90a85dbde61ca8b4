/**
 * A directory of named memory for one test of listing.
 *
 * @module
 */
import { Home as PlainHome } from "@isthmus/testing/home";

/** A directory in which this process's own pipes do not count. */
export class Home extends PlainHome {
  override files(): string[] {
    return super.files().filter((name) => !/^\.(bell|life)-/.test(name));
  }
}

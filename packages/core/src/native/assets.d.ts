declare module "*.c" {
  /** The path of the file. */
  const path: string;
  export default path;
}

declare module "*.c" {
  /** The content of the file. */
  const text: string;
  export default text;
}

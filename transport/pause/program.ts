/**
 * What the two sources beside this file assemble to; a spec compares them. The agent has no compiler
 * where it runs, and a few hundred bytes need no file of their own in its bundle.
 */
const programs = new Map([
  [
    'x86_64',
    'f0VMRgIBAQAAAAAAAAAAAAIAPgABAAAAgABAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAEAAOAABAAAAAAAAAAEAAAAF' +
      'AAAAAAAAAAAAAAAAAEAAAAAAAAAAQAAAAAAA6QAAAAAAAADpAAAAAAAAAAAQAAAAAAAAAkABAAAAAAC4DgAAAL8AAAAA' +
      'SI015////zHSQboIAAAADwW4gAAAAEiNPdH///8x9jHSQboIAAAADwWD+A90KIP4AnQjg/gRddm4PQAAAEjHx/////8x' +
      '9roBAAAARTHSDwWFwH/k67u4PAAAADH/DwU=',
  ],
  [
    'arm64',
    'f0VMRgIBAQAAAAAAAAAAAAIAtwABAAAAgABAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAEAAOAABAAAAAAAAAAEAAAAF' +
      'AAAAAAAAAAAAAAAAAEAAAAAAAAAAQAAAAAAA+AAAAAAAAAD4AAAAAAAAAAAAAQAAAAAAAkABAAAAAAAAAIDSof//EOID' +
      'H6oDAYDS6BCA0gEAANQA//8Q4QMfquIDH6oDAYDSKBGA0gEAANQfPADxwAEAVB8IAPGAAQBUH0QA8aH+/1QAAICS4QMf' +
      'qiIAgNLjAx+qiCCA0gEAANQfAB/rLP//VOz//xfgAx+qqAuA0gEAANQ=',
  ],
]);

/**
 * The program of the pause container for an architecture as ECS names it (`x86_64`, `arm64`); null
 * where there is none.
 */
export function pauseProgram(cpuArchitecture: string): Buffer | null {
  const program = programs.get(cpuArchitecture);
  return program === undefined ? null : Buffer.from(program, 'base64');
}

/** The page that the sample task serves. */
export const page = `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>An ECS task on this machine</title>
  <style>
    :root { color-scheme: light dark; font: 18px/1.6 system-ui, sans-serif; }
    body { display: grid; min-height: 100vh; margin: 0; place-items: center; }
    main { max-width: 34rem; padding: 2rem; }
    h1 { line-height: 1.2; }
    ol { padding: 0; display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; }
    li { padding: .1rem .8rem; border: 1px solid currentColor; border-radius: 1rem; }
    li:last-child { background: #1a7f37; border-color: #1a7f37; color: white; }
  </style>
  <main>
    <h1>An ECS task on this machine</h1>
    <p>This page comes out of a container. An ECS container agent started it: it registered with a
    control plane on this machine, took a payload over a websocket, and brought the container up
    step by step.</p>
    <ol><li>pulled</li><li>created</li><li>started</li><li>running</li></ol>
    <p>Press Ctrl-C where you started it, and the task stops and leaves nothing behind.</p>
  </main>
</html>
`;

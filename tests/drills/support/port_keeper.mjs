// Keeps a port for its parent (wire.mjs) without taking connections: the kernel takes
// as many as its queue has room for, and then answers nobody.

let kept;

process.on('message', (wish, handle) => {
  if (wish === 'keep') {
    kept = handle;
    process.send('kept');
  } else {
    process.send('back', kept);
  }
});

// Old syntax and no imports: an old Node must get as far as the sentence.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`This is Node ${process.versions.node}: install Node 20.19 or newer, then run this again.`)
  process.exit(1)
}

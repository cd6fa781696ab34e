// Runs a model in onnxruntime. Arguments: MODEL.onnx ROWS.json, the latter a list of rows of
// numbers. Prints {"outputs": [..], "single": [..]}: all rows in one batch, and the first ten one
// by one. onnxruntime-node is found through NODE_PATH.
"use strict";

const fs = require("node:fs");
const ort = require("onnxruntime-node");

async function run(session, rows) {
	const width = rows[0].length;
	const tensor = new ort.Tensor("float32", Float32Array.from(rows.flat()), [rows.length, width]);
	const results = await session.run({ input: tensor });
	return Array.from(results.probability.data);
}

async function main(model, file) {
	const rows = JSON.parse(fs.readFileSync(file, "utf8"));
	const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1 });
	const single = [];
	for (const row of rows.slice(0, 10))
		single.push(...(await run(session, [row])));
	console.log(JSON.stringify({ outputs: await run(session, rows), single }));
}

main(process.argv[2], process.argv[3]).catch((e) => {
	console.error(String(e));
	process.exit(1);
});

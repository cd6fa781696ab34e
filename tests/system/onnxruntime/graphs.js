// Runs graphs in onnxruntime. Argument: a file with a JSON list of {"model", "inputs": {name:
// {"dims", "data"}}}. Prints a JSON list of the first output of each: {"dims", "data"}.
// onnxruntime-node is found through NODE_PATH.
"use strict";

const fs = require("node:fs");
const ort = require("onnxruntime-node");

async function run(graph) {
	const session = await ort.InferenceSession.create(graph.model, {
		intraOpNumThreads: 1,
		graphOptimizationLevel: "disabled", // as the graph says it
		logSeverityLevel: 4,
	});
	const feeds = {};
	for (const [name, tensor] of Object.entries(graph.inputs))
		feeds[name] = new ort.Tensor("float32", Float32Array.from(tensor.data), tensor.dims);
	const result = (await session.run(feeds))[session.outputNames[0]];
	// numbers that JSON does not have become text
	const data = Array.from(result.data, (v) => (Number.isFinite(v) ? v : String(v)));
	return { dims: result.dims, data };
}

async function main(file) {
	const results = [];
	for (const graph of JSON.parse(fs.readFileSync(file, "utf8"))) results.push(await run(graph));
	console.log(JSON.stringify(results));
}

main(process.argv[2]).catch((e) => {
	console.error(String(e));
	process.exit(1);
});

// How long onnxruntime takes for a row, one thread. Argument: MODEL.onnx. Prints a JSON list of
// {"batch", "row_ns"}, the best of many calls of session.run. onnxruntime-node is found through
// NODE_PATH.
"use strict";

const ort = require("onnxruntime-node");

const SECONDS = 0.5; // for each batch
const options = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: "sequential" };

async function main(model) {
	const session = await ort.InferenceSession.create(model, options);
	const inputs = session.inputMetadata[0].shape[1];
	const found = [];
	for (const batch of [1, 16, 64]) {
		const values = Float32Array.from({ length: batch * inputs }, (_, i) => Math.sin(i));
		const feeds = { [session.inputNames[0]]: new ort.Tensor("float32", values, [batch, inputs]) };
		const end = process.hrtime.bigint() + BigInt(SECONDS * 1e9);
		let best = Infinity;
		for (let begin = process.hrtime.bigint(); begin < end; begin = process.hrtime.bigint()) {
			await session.run(feeds);
			best = Math.min(best, Number(process.hrtime.bigint() - begin));
		}
		found.push({ batch, row_ns: best / batch });
	}
	console.log(JSON.stringify(found));
}

main(process.argv[2]).catch((e) => {
	console.error(String(e));
	process.exit(1);
});

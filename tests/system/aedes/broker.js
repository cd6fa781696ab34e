// A broker that speaks MQTT 3.1.1 only: node broker.js PORT
const net = require("net");
const aedes = require("aedes")();

net.createServer(aedes.handle).listen(Number(process.argv[2]), "127.0.0.1");

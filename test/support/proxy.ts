import net from "node:net";

/** What to do with the next answer to a query that contains `mark`. */
export type Cut = "none" | "before" | "after";

/**
 * A TCP proxy before PostgreSQL that can cut a connection before a query gets there, or after its answer (and so its COMMIT) has come back from the
 * server and before the client hears of it.
 */
export class CuttingProxy {
  cuts = 0;
  private readonly sockets = new Set<net.Socket>();

  private constructor(
    private readonly server: net.Server,
    readonly port: number,
  ) {}

  static async start(target: { port: number }, mark: string, decide: () => Cut): Promise<CuttingProxy> {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const proxy = new CuttingProxy(server, (server.address() as net.AddressInfo).port);
    server.on("connection", (client) => {
      const upstream = net.connect(target.port, "127.0.0.1");
      let cutAnswer = false;
      const end = () => {
        client.destroy();
        upstream.destroy();
      };
      for (const socket of [client, upstream]) {
        socket.setNoDelay(true);
        proxy.sockets.add(socket);
        socket.on("error", end).on("close", () => {
          end();
          proxy.sockets.delete(socket);
        });
      }
      client.on("data", (data) => {
        const cut = data.includes(mark) ? decide() : "none";
        if (cut === "before") {
          proxy.cuts++;
          end();
          return;
        }
        cutAnswer = cut === "after";
        upstream.write(data);
      });
      upstream.on("data", (data) => {
        if (cutAnswer) {
          proxy.cuts++;
          end();
          return;
        }
        client.write(data);
      });
    });
    return proxy;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

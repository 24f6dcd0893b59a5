import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;

/**
 * A server that speaks MongoDB's protocol and shares no code with MongoDB, on a loopback port, everything in memory.
 * Prints "listening on PORT" and runs until it is killed. Needs no compiler: java -cp 'JARS/*' Peer.java PORT (0: any)
 */
public class Peer {
    public static void main(String[] arguments) {
        MongoServer server = new MongoServer(new MemoryBackend());
        server.enableOplog();  // without it, no change streams
        server.bind("127.0.0.1", Integer.parseInt(arguments[0]));
        System.out.println("listening on " + server.getLocalAddress().getPort());
    }
}

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cognitoidentityprovider.CognitoIdentityProviderClient;

/** A server for tests in a process of its own. */
record Lifeguard(Process process, String url) implements AutoCloseable {
    /** Not by npx, which would not pass the end of the tests on to the server. */
    static Lifeguard start(String poolFile, Path data) throws IOException {
        String program = "node_modules/.bin/lifeguard";
        Process process = new ProcessBuilder(
                program, "dev", "--port", "0", "--apply", poolFile, "--data", data.toString(), "--log-level", "error")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
        Pattern endpoint = Pattern.compile("Endpoint\\s+(\\S+)");
        String url = process.inputReader().lines()
            .map(endpoint::matcher)
            .filter(Matcher::find)
            .map(match -> match.group(1))
            .findFirst()
            .orElseThrow(() -> new IOException("Lifeguard did not start."));
        return new Lifeguard(process, url);
    }

    CognitoIdentityProviderClient cognito() {
        return CognitoIdentityProviderClient.builder()
            .endpointOverride(URI.create(url))
            .region(Region.US_EAST_1)
            .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "any")))
            .build();
    }

    /** The code in the newest message to the recipient. */
    String code(String recipient) throws Exception {
        String messages = send(HttpRequest.newBuilder(URI.create(url + "/inbox/api/messages?recipient=" + recipient)));
        Matcher code = Pattern.compile("\"code\":\"(\\w+)\"").matcher(messages);
        if (!code.find()) throw new IllegalStateException("No code was sent to " + recipient);
        return code.group(1);
    }

    void advanceClock(long seconds) throws Exception {
        post("/_test/clock", "{\"advanceSeconds\":" + seconds + "}");
    }

    /** Afterwards only what the pool file describes is there. */
    void reset() throws Exception {
        post("/_test/reset", "{}");
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().join();
    }

    private void post(String path, String body) throws Exception {
        send(HttpRequest.newBuilder(URI.create(url + path)).POST(BodyPublishers.ofString(body)));
    }

    private static String send(HttpRequest.Builder request) throws Exception {
        return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString()).body();
    }
}

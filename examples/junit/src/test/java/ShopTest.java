import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.cognitoidentityprovider.CognitoIdentityProviderClient;
import software.amazon.awssdk.services.cognitoidentityprovider.model.AuthFlowType;
import software.amazon.awssdk.services.cognitoidentityprovider.model.ExpiredCodeException;
import software.amazon.awssdk.services.cognitoidentityprovider.model.InitiateAuthResponse;

class ShopTest {
    static final String CLIENT = "shopclient";
    static final String PASSWORD = "Correct-horse-7";

    static Lifeguard lifeguard;
    static CognitoIdentityProviderClient cognito;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        lifeguard = Lifeguard.start("pools.yaml", data);
        cognito = lifeguard.cognito();
    }

    @AfterAll
    static void stop() {
        lifeguard.close();
    }

    @BeforeEach
    void reset() throws Exception {
        lifeguard.reset();
    }

    @Test
    void signsInTheUserOfThePoolFile() {
        assertNotNull(signIn("ana").authenticationResult().accessToken());
    }

    @Test
    void signsAUserUpWithTheCodeThatWasSent() throws Exception {
        signUp("bo");
        String code = lifeguard.code("bo@example.test");
        cognito.confirmSignUp(request -> request.clientId(CLIENT).username("bo").confirmationCode(code));
        assertNotNull(signIn("bo").authenticationResult().accessToken());
    }

    @Test
    void refusesACodeThatIsOlderThanADay() throws Exception {
        signUp("bo");
        String code = lifeguard.code("bo@example.test");
        lifeguard.advanceClock(24 * 60 * 60 + 1);
        assertThrows(ExpiredCodeException.class, () ->
            cognito.confirmSignUp(request -> request.clientId(CLIENT).username("bo").confirmationCode(code)));
    }

    InitiateAuthResponse signIn(String username) {
        return cognito.initiateAuth(request -> request
            .clientId(CLIENT)
            .authFlow(AuthFlowType.USER_PASSWORD_AUTH)
            .authParameters(Map.of("USERNAME", username, "PASSWORD", PASSWORD)));
    }

    void signUp(String username) {
        cognito.signUp(request -> request
            .clientId(CLIENT)
            .username(username)
            .password(PASSWORD)
            .userAttributes(attribute -> attribute.name("email").value(username + "@example.test")));
    }
}

import pytest

CLIENT = "shopclient"
PASSWORD = "Correct-horse-7"


def sign_in(cognito, username):
    parameters = {"USERNAME": username, "PASSWORD": PASSWORD}
    return cognito.initiate_auth(ClientId=CLIENT, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)


def sign_up(cognito, username):
    email = {"Name": "email", "Value": f"{username}@example.test"}
    cognito.sign_up(ClientId=CLIENT, Username=username, Password=PASSWORD, UserAttributes=[email])


def test_signs_in_the_user_of_the_pool_file(lifeguard):
    assert sign_in(lifeguard.cognito, "ana")["AuthenticationResult"]["AccessToken"]


def test_signs_a_user_up_with_the_code_that_was_sent(lifeguard):
    sign_up(lifeguard.cognito, "bo")
    code = lifeguard.code("bo@example.test")
    lifeguard.cognito.confirm_sign_up(ClientId=CLIENT, Username="bo", ConfirmationCode=code)
    assert sign_in(lifeguard.cognito, "bo")["AuthenticationResult"]["AccessToken"]


def test_refuses_a_code_that_is_older_than_a_day(lifeguard):
    sign_up(lifeguard.cognito, "bo")
    code = lifeguard.code("bo@example.test")
    lifeguard.advance_clock(24 * 60 * 60 + 1)
    with pytest.raises(lifeguard.cognito.exceptions.ExpiredCodeException):
        lifeguard.cognito.confirm_sign_up(ClientId=CLIENT, Username="bo", ConfirmationCode=code)
